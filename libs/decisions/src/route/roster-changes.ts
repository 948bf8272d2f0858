import { Type } from '@sinclair/typebox';
import { documentReader, type Path, type Reading } from '../document/read-document.js';
import { isPartnerId } from './party.js';
import { type PartnerDocument, readPartner } from './partner.js';
import { type Partner, partnerOf } from './roster.js';

/** A partner as the API answers it, `{ id, name, tier, … }`: it takes the place of whoever has that id; or `{ id, removed: true }`. */
export type RosterRow = { readonly id: string } & ({ readonly removed: true } | PartnerDocument);

/** What is wrong with a row, and with what in it. */
export interface RowProblem {
  readonly path: Path;
  readonly detail: string;
}

/** Text of more than that is better one partner a line: a reader of lines takes any number. */
const MAX_BYTES = 131_072;

/**
 * Reads changes of a roster as YAML or JSON: a list of rows, or `{ partners: [rows] }` as `GET /v1/partners` answers it.
 */
export function readRosterChanges(source: unknown): Reading<readonly RosterRow[] | { partners: readonly RosterRow[] }> {
  return readChanges(source);
}

/** By id; null: removed. @param rows  each as `problemsOfRow` found nothing wrong with it */
export function rosterChanges(rows: readonly RosterRow[]): Map<string, Partner | null> {
  return new Map(
    rows.map((row) => {
      if ('removed' in row) return [row.id, null];
      const { id, ...document } = row;
      return [id, partnerOf(id, document)];
    }),
  );
}

/** @param seen  ids of the rows before; this one's is added */
export function problemsOfRow(row: unknown, seen: Set<string>): readonly RowProblem[] {
  if (typeof row !== 'object' || row === null || Array.isArray(row))
    return [{ path: [], detail: 'must be a partner: { id, name, tier, … } or { id, removed: true }' }];
  const { id, removed, ...document } = row as { id?: unknown; removed?: unknown };
  if (typeof id !== 'string' || !isPartnerId(id))
    return [
      { path: ['id'], detail: 'must be the id of a partner: lower-case letters, digits and hyphens, and not direct' },
    ];
  if (seen.has(id)) return [{ path: ['id'], detail: `a second partner ${id}` }];
  seen.add(id);
  if (removed !== undefined) {
    if (removed !== true) return [{ path: ['removed'], detail: 'must be true, or not be there' }];
    const [more] = Object.keys(document);
    return more === undefined ? [] : [{ path: [], detail: 'who is removed has nothing else but an id' }];
  }
  const reading = readPartner(document);
  if (reading.ok) return [];
  return reading.problems.map(({ path, detail }) => ({ path: stepsOf(path), detail }));
}

const readChanges = documentReader<readonly RosterRow[] | { partners: readonly RosterRow[] }>(
  Type.Unsafe({}),
  (document: unknown, report) => {
    const isList = Array.isArray(document);
    const rows: unknown = isList ? document : (document as { partners?: unknown } | null)?.partners;
    if (!Array.isArray(rows)) return report([], 'must be a list of partners, or { partners: [ … ] }');
    const seen = new Set<string>();
    rows.forEach((row, index) => {
      for (const { path, detail } of problemsOfRow(row, seen))
        report([...(isList ? [] : ['partners']), index, ...path], detail);
    });
  },
  { maxBytes: MAX_BYTES },
);

/** `territories[0]` as steps. No key of a partner has a dot or a bracket in it. */
function stepsOf(path: string): Path {
  return path
    .split(/[.[\]]+/)
    .filter((step) => step !== '')
    .map((step) => (/^\d+$/.test(step) ? Number(step) : step));
}
