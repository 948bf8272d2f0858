import { problemIn } from '@fairlead/events';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { type TSchema } from '@sinclair/typebox';
import { Ajv, type ErrorObject } from 'ajv';
import { isMap, isNode, isPair, isScalar, LineCounter, parseDocument } from 'yaml';
import { atFirstUse } from '../at-first-use.js';
import { canonicalJson } from './content-hash.js';

/** What is wrong with a document, where it is wrong. All of it is told at once: whoever wrote it corrects it once. */
export interface DocumentProblem {
  /** `pools[0].promise.direct`; empty for the document as a whole. */
  readonly path: string;
  /** From 1, where the document was text. */
  readonly line?: number;
  readonly detail: string;
}

export type Reading<T> =
  | {
      readonly ok: true;
      readonly document: T;
      /** Where the document was text: the line, from 1, on which what is at the path begins. */
      readonly lineOf?: (path: Path) => number | undefined;
    }
  | { readonly ok: false; readonly problems: readonly DocumentProblem[] };

export type Path = readonly (string | number)[];

/**
 * Says what is wrong beyond the shape: sums, order, references. Called only when the shape is right, unless the reader
 * was made with `onSoundParts`: then only what is `sound` may be looked into.
 * @param sound  whether what is at the path, with all that is in it, has the right shape
 */
export type Rules<T> = (
  document: T,
  report: (path: Path, detail: string) => void,
  sound: (path: Path) => boolean,
) => void;

/** 48 KiB as canonical JSON: a document goes whole into the event that announces it, and a log entry holds 64 KiB. */
export const MAX_DOCUMENT_BYTES = 49_152;
/** Text may have comments and indentation besides. */
const MAX_TEXT_LENGTH = 131_072;
/** More problems than a person corrects in one go. */
const MAX_PROBLEMS = 100;

const ajv = new Ajv({
  strict: true,
  discriminator: true,
  allErrors: true,
  allowUnionTypes: true,
  verbose: true,
  addUsedSchema: false,
});

/**
 * Makes a reader of documents of one kind: YAML or JSON as text, or a value that has been parsed already.
 * The document comes out as it was written (nothing filled in), so that its hash can be computed from the text again.
 */
export function documentReader<T>(
  schema: TSchema,
  rules: Rules<T> = () => undefined,
  {
    onSoundParts = false,
    maxBytes = MAX_DOCUMENT_BYTES,
  }: { readonly onSoundParts?: boolean; readonly maxBytes?: number } = {},
): (source: unknown) => Reading<T> {
  const shape = atFirstUse(() => ajv.compile(schema));

  return (source) => {
    const hasShape = shape();
    const text = typeof source === 'string' ? parsedText(source) : undefined;
    if (text && text.problems.length > 0) return { ok: false, problems: text.problems };
    const value = text ? text.value : source;

    const problems: DocumentProblem[] = [];
    const report = (path: Path, detail: string, key?: string) => {
      const line = text?.lineOf(path, key);
      problems.push({ path: written(path), ...(line !== undefined && { line }), detail });
    };

    const harm = problemIn(value);
    if (harm !== undefined) report([], `it holds ${harm}`);
    else if (!hasShape(value)) {
      const errors = hasShape.errors ?? [];
      for (const error of errors) reportShape(error, value, report);
      if (onSoundParts) rules(value, report, soundBut(errors, value));
    } else if (utf8ToBytes(canonicalJson(value)).length > maxBytes) {
      report([], `as JSON it is longer than ${maxBytes} bytes`);
    } else rules(value as T, report, () => true);

    if (problems.length > 0) return { ok: false, problems: inOrder(problems) };
    return { ok: true, document: value as T, ...(text && { lineOf: (path: Path) => text.lineOf(path) }) };
  };
}

interface ParsedText {
  readonly value: unknown;
  readonly problems: DocumentProblem[];
  lineOf(path: Path, key?: string): number | undefined;
}

/** JSON is YAML, so one parser reads both and knows the lines of both. */
function parsedText(text: string): ParsedText {
  if (text.length > MAX_TEXT_LENGTH) {
    const problems = [{ path: '', detail: `longer than ${MAX_TEXT_LENGTH} characters` }];
    return { value: undefined, problems, lineOf: () => undefined };
  }
  const lines = new LineCounter();
  const options = { lineCounter: lines, prettyErrors: false, stringKeys: true, logLevel: 'error' } as const;
  const parsed = parseDocument(text, options);
  const problems = [...parsed.errors, ...parsed.warnings].slice(0, MAX_PROBLEMS).map(({ message, pos }) => ({
    path: '',
    line: lines.linePos(pos[0]).line,
    detail: message,
  }));
  let value: unknown;
  try {
    // Aliases are refused: a few of them nested are a document of gigabytes, and no policy needs one.
    if (problems.length === 0) value = parsed.toJS({ maxAliasCount: 0 });
  } catch {
    problems.push({ path: '', line: 1, detail: 'anchors and aliases are not allowed: write it out' });
  }
  return {
    value,
    problems,
    lineOf: (path, key) => {
      let found: unknown = parsed.getIn(path, true);
      // Where the key itself is the trouble, its line; where something is missing, the line it is missing from.
      if (key !== undefined && isMap(found)) {
        found = found.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === key)?.key ?? found;
      }
      const offset = isNode(found) ? found.range?.[0] : undefined;
      return offset === undefined ? undefined : lines.linePos(offset).line;
    },
  };
}

type Report = (path: Path, detail: string, key?: string) => void;

function reportShape(error: ErrorObject, document: unknown, report: Report): void {
  const path = pathOf(error.instancePath, document);
  const params = error.params as Record<string, unknown>;
  switch (error.keyword) {
    case 'additionalProperties':
      return report(path, `unknown key: ${shown(params['additionalProperty'])}`, String(params['additionalProperty']));
    case 'required':
      return report(path, `missing: ${String(params['missingProperty'])}`);
    case 'discriminator':
      return report([...path, String(params['tag'])], `must be one of: ${kindsOf(error).join(', ')}`);
    case 'enum':
      return report(path, `must be one of: ${(params['allowedValues'] as unknown[]).join(', ')}`);
    case 'pattern': {
      const description = (error.parentSchema as { description?: string } | undefined)?.description;
      return report(path, description === undefined ? 'is not written as it must be' : `must be ${description}`);
    }
    default:
      return report(path, error.message ?? error.keyword);
  }
}

/** What a document that comes in several kinds may be. */
function kindsOf({ params, parentSchema }: ErrorObject): unknown[] {
  const { oneOf = [] } = parentSchema as { oneOf?: { properties?: Record<string, { enum?: unknown[] }> }[] };
  return oneOf.flatMap(({ properties = {} }) => properties[String((params as { tag: unknown }).tag)]?.enum ?? []);
}

/** A key too many spoils nothing beside it; every other error spoils what is there and whatever that is part of. */
function soundBut(errors: readonly ErrorObject[], document: unknown): (path: Path) => boolean {
  const spoilt = errors
    .filter(({ keyword }) => keyword !== 'additionalProperties')
    .map(({ keyword, instancePath, params }) => [
      ...pathOf(instancePath, document),
      // What is missing spoils itself, and not what stands beside it.
      ...(keyword === 'required' ? [String((params as Record<string, unknown>)['missingProperty'])] : []),
    ]);
  return (path) => !spoilt.some((place) => isWithin(place, path) || isWithin(path, place));
}

function isWithin(inner: Path, outer: Path): boolean {
  return outer.every((step, index) => inner[index] === step);
}

/** A JSON pointer as a path: numbers where the document has lists. */
function pathOf(pointer: string, document: unknown): Path {
  const path: (string | number)[] = [];
  let place = document;
  for (const raw of pointer.split('/').slice(1)) {
    const step = raw.replaceAll('~1', '/').replaceAll('~0', '~');
    path.push(Array.isArray(place) ? Number(step) : step);
    place = (place as Record<string, unknown> | undefined)?.[step];
  }
  return path;
}

function written(path: Path): string {
  return path
    .map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? shown(step) : `.${shown(step)}`))
    .join('');
}

function shown(key: unknown): string {
  const text = String(key).toWellFormed().replace(/\p{C}/gu, '�');
  return text.length > 64 ? `${text.slice(0, 63)}…` : text;
}

/** By line where there are lines, otherwise as found; the sort is stable. */
function inOrder(problems: readonly DocumentProblem[]): DocumentProblem[] {
  return problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0)).slice(0, MAX_PROBLEMS);
}
