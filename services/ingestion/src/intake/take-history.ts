import { Injectable } from '@nestjs/common';
import {
  type DealReading,
  type FieldError,
  isToldAlike,
  type KnownDeal,
  readDeal,
  tellDeal,
  toldAs,
  type ToldDeal,
} from '@fairlead/decisions';
import { derivedId, encodeEvent, type EncodedEvent, InvalidEvent, LeadImported } from '@fairlead/events';
import { UnitsOfWork } from '@fairlead/messaging';
import { PersonalData } from '@fairlead/personal-data';
import { IdentitiesStore, nameOf } from '../store/identities.store.js';
import { ImportedDealsStore } from '../store/imported-deals.store.js';
import { hashedKeys } from './hashed-keys.js';
import type { RawRow } from './read-body.js';

/** What became of one row. Without an id where it is not known which deal it is about. */
export type DealResult = { readonly index: number } & (
  | { readonly id: string; readonly status: 'imported' | 'changed' | 'known' }
  | { readonly status: 'rejected'; readonly errors: readonly FieldError[] }
);

/**
 * Takes in deals that were closed elsewhere. What each row makes of its deal is decided in `tellDeal`; nobody is notified of it, and
 * neither scoring nor routing looks at what is said here.
 */
@Injectable()
export class TakeHistory {
  constructor(
    private readonly units: UnitsOfWork,
    private readonly personalData: PersonalData,
    private readonly identities: IdentitiesStore,
    private readonly deals: ImportedDealsStore,
  ) {}

  /**
   * @param firstIndex  of the first row in its request
   * @returns what became of each row, in their order; committed
   */
  async take(
    sourceId: string,
    rows: readonly RawRow[],
    firstIndex: number,
    traceparent: string | undefined,
  ): Promise<DealResult[]> {
    return this.units.run(async (unit) => {
      const read = rows.map(({ value, errors }): DealReading =>
        errors ? { ok: false, errors } : readDeal(value, { sourceId, now: unit.now }),
      );
      const ids = [...new Set(read.flatMap((row) => (row.ok ? [row.told.externalId] : [])))];
      const known = await this.deals.lock(unit, sourceId, ids);
      const leads = await this.#leadsAmong(
        unit,
        sourceId,
        ids.filter((id) => !known.has(id)),
      );

      const changed = new Map<string, KnownDeal>();
      const said: EncodedEvent[] = [];
      const results = read.map((row, place): DealResult => {
        const index = firstIndex + place;
        if (!row.ok) return { index, status: 'rejected', errors: row.errors };
        const { externalId } = row.told;
        if (leads.has(externalId)) return { index, status: 'rejected', errors: [cameInHere] };
        const verdict = tellDeal(changed.get(externalId) ?? known.get(externalId), row.told);
        if (verdict.outcome === 'rejected') return { index, status: 'rejected', errors: verdict.errors };
        const { outcome, known: after } = verdict;
        const id = dealId(row.told);
        if (outcome !== 'known') {
          const event = saidOf(row.told, verdict.known, { id, now: unit.now, traceparent });
          if (!event) return { index, status: 'rejected', errors: [cannotBeSaid] };
          said.push(event);
        }
        if (after) changed.set(externalId, after);
        return { index, id, status: outcome };
      });

      // Rows that take back what others of them say come to what is known: as a list that is sent again after its answer was lost does.
      const saysNothing = new Set<string>();
      for (const [externalId, after] of changed) {
        const before = known.get(externalId);
        if (!before || !isToldAlike(before, after)) continue;
        changed.set(externalId, { ...after, revision: before.revision });
        saysNothing.add(dealId({ sourceId, externalId }));
      }
      unit.say(said.filter(({ subject }) => !saysNothing.has(subject)));
      this.deals.put(unit, sourceId, changed);
      return results.map((result) =>
        result.status === 'changed' && saysNothing.has(result.id) ? { ...result, status: 'known' } : result,
      );
    });
  }

  /** Those of these ids that leads of ours have, which are counted as what they are. */
  async #leadsAmong(
    unit: Parameters<IdentitiesStore['find']>[0],
    sourceId: string,
    externalIds: readonly string[],
  ): Promise<Set<string>> {
    const keys = externalIds.map((externalId) => {
      const [key] = hashedKeys({ sourceId, externalId, contact: {} }, this.personalData);
      return key as NonNullable<typeof key>;
    });
    const found = await this.identities.find(unit, keys);
    return new Set(externalIds.filter((_, place) => found.has(nameOf(keys[place] as (typeof keys)[number]))));
  }
}

const cameInHere: FieldError = {
  ...{ field: 'externalId', rule: 'known-lead' },
  detail: 'A lead of this source has this id: it came in here, and what became of it is reported, not imported.',
};
const cannotBeSaid: FieldError = {
  ...{ field: 'row', rule: 'too-large' },
  detail: 'With what was told of this deal before, it is too large, or has too many attributes.',
};

/** The same deal of the same source is the same lead, whoever imports it, and after whatever was lost. */
function dealId({ sourceId, externalId }: Pick<ToldDeal, 'sourceId' | 'externalId'>): string {
  return derivedId(JSON.stringify([sourceId, externalId]), LeadImported.type);
}

function saidOf(
  told: ToldDeal,
  known: KnownDeal,
  { id, now, traceparent }: { readonly id: string; readonly now: number; readonly traceparent: string | undefined },
): EncodedEvent | undefined {
  try {
    return encodeEvent(LeadImported, {
      ...{ id: derivedId(id, LeadImported.type, String(known.revision)), source: '/ingestion', subject: id, time: now },
      ...(traceparent !== undefined && { traceparent }),
      data: toldAs(told, known),
    });
  } catch (error) {
    if (error instanceof InvalidEvent) return undefined;
    throw error;
  }
}
