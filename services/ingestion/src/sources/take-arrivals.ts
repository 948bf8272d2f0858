import { Injectable } from '@nestjs/common';
import type { FieldError } from '@fairlead/decisions';
import type { OpenUnit } from '@fairlead/messaging';
import { PersonalData } from '@fairlead/personal-data';
import { Problem } from '@fairlead/platform';
import { Intake } from '../intake/intake.js';
import { type Preparation, prepareRows } from '../intake/prepare-rows.js';
import type { RawRow } from '../intake/read-body.js';
import { TOLD_ONE_BY_ONE } from '../intake/rejections.js';
import type { LeadRow, PreparedRow, RowResult } from '../intake/rows.js';
import { arrivalsTotal } from '../metrics.js';
import { ClicksStore } from '../store/clicks.store.js';
import { FetchesStore } from '../store/fetches.store.js';
import { SetAsideStore } from '../store/set-aside.store.js';
import type { Source } from '../store/sources.store.js';
import { prepareArrival } from './prepare-arrival.js';
import type { Arrival } from './source-format.js';

/** What became of one item of a delivery. */
export interface ArrivalResult {
  readonly index: number;
  readonly id?: string;
  readonly status: RowResult['status'] | 'wanted' | 'test' | 'unknown';
  readonly errors?: readonly FieldError[];
  readonly leftOut?: readonly FieldError[];
}

export interface TakeOptions {
  readonly source: Source;
  /** By what an item is recognised when it is sent again. */
  readonly keyOf: (arrival: Arrival, index: number) => string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly traceparentOf: (arrival: Arrival) => string | undefined;
  /** When it was so, in milliseconds since the epoch; undefined: when it happened. */
  readonly asOf?: (arrival: Arrival) => number | undefined;
  /** Stored together with each item. */
  readonly alongside?: (arrival: Arrival, unit: OpenUnit) => Promise<void>;
}

/** What an item comes to, before it is stored. */
interface Understood {
  readonly row?: PreparedRow;
  readonly leftOut?: readonly FieldError[];
  readonly status?: ArrivalResult['status'];
}

interface PreparedItem extends Understood {
  readonly arrival: Arrival;
  /** Of the delivery, from 0. */
  readonly index: number;
}

/** Items that are under way at once: as many as are committed together, more or less. */
const PART = 250;

/** Takes the items of a delivery in, each by itself: one that cannot be used costs no other, one that was sent before is known. */
@Injectable()
export class TakeArrivals {
  constructor(
    private readonly intake: Intake,
    private readonly fetches: FetchesStore,
    private readonly setAside: SetAsideStore,
    private readonly clicks: ClicksStore,
    private readonly personalData: PersonalData,
  ) {}

  /** @throws Problem 503 when something cannot be stored now; what was, is recognised when all is sent again */
  async take(arrivals: readonly Arrival[], options: TakeOptions): Promise<ArrivalResult[]> {
    const results: ArrivalResult[] = [];
    let rejected = 0;
    for (let from = 0; from < arrivals.length; from += PART) {
      const part = await Promise.all(
        arrivals.slice(from, from + PART).map((arrival, place) => this.#prepare(arrival, from + place, options)),
      );
      const unusable = part.filter(({ row }) => row?.kind === 'unusable');
      // Those that have no event of their own are taken in together, and have one for all.
      const together = new Set(unusable.slice(Math.max(0, TOLD_ONE_BY_ONE - rejected)));
      rejected += unusable.length;
      const [words, others] = [part.filter(saysOnlyConsent), part.filter((prepared) => !saysOnlyConsent(prepared))];
      const taking = others
        .filter((prepared) => !together.has(prepared))
        .map(async (prepared) => [await this.#takeOne(prepared, options, from > 0)]);
      // Whoever unsubscribes may have come in the same delivery; a word that is nobody's would be lost.
      const before = Promise.allSettled(taking.slice());
      taking.push(
        ...words.map(async (prepared) => {
          await before;
          return [await this.#takeOne(prepared, options, from > 0)];
        }),
      );
      if (together.size > 0) taking.push(this.#takeTogether([...together], options, rejected));
      // All are waited for, also when one fails: none may be under way when the sender hears of it.
      const settled = await Promise.allSettled(taking);
      for (const each of settled) if (each.status === 'rejected') throw each.reason;
      const taken = settled.flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
      for (const { status } of taken) arrivalsTotal.inc({ format: options.source.format, status });
      results.push(...taken.toSorted((one, other) => one.index - other.index));
    }
    return results;
  }

  /** Items that are no leads, and of which many came before: known by all their names together. */
  async #takeTogether(
    prepared: readonly PreparedItem[],
    { source, keyOf, traceparentOf, alongside }: TakeOptions,
    rejectedBefore: number,
  ): Promise<ArrivalResult[]> {
    const keys = prepared.map(({ arrival, index }) => keyOf(arrival, index));
    const request = this.personalData.keyedHash('request', `together/${JSON.stringify(keys)}`);
    const [first] = prepared;
    const traceparent = first && traceparentOf(first.arrival);
    const results = await this.intake.submit(
      {
        rows: prepared.flatMap(({ row }) => row ?? []),
        keyedPart: { caller: `source/${source.id}`, key: request.toString('base64'), part: 0, request },
        rejectedBefore,
        alongside: async (unit) => {
          for (const { arrival } of prepared) await alongside?.(arrival, unit);
        },
        ...(traceparent !== undefined && { traceparent }),
      },
      { mayWait: true },
    );
    return results.map((result, place) => ({ ...result, index: prepared[place]?.index ?? result.index }));
  }

  async #takeOne(prepared: PreparedItem, options: TakeOptions, mayWait: boolean): Promise<ArrivalResult> {
    const { source, traceparentOf, keyOf, alongside } = options;
    const { arrival, index, row, leftOut = [], status } = prepared;
    const traceparent = traceparentOf(arrival);
    const key = keyOf(arrival, index);
    const keyedPart = {
      ...{ caller: `source/${source.id}`, key, part: 0 },
      // The key says it all: what else is in the item may change from one attempt to the next.
      request: this.personalData.keyedHash('request', key),
    };
    const [result] = await this.intake.submit(
      {
        rows: row ? [row] : [],
        keyedPart,
        alongside: async (unit) => {
          await this.#store(prepared, options, unit);
          await alongside?.(arrival, unit);
        },
        ...(traceparent !== undefined && { traceparent }),
      },
      { mayWait },
    );
    // Of an activity that is nobody’s there is no lead to name.
    if (result?.status === 'ignored') return { index, status: 'ignored' };
    if (result) return { ...result, index, ...(leftOut.length > 0 && { leftOut }) };
    return { index, status: status ?? 'unknown', ...(leftOut.length > 0 && { leftOut }) };
  }

  async #prepare(arrival: Arrival, index: number, options: TakeOptions): Promise<PreparedItem> {
    return { arrival, index, ...(await this.#understand(arrival, index, options)) };
  }

  async #understand(arrival: Arrival, index: number, { source, now, asOf }: TakeOptions): Promise<Understood> {
    const given = { source, personalData: this.personalData, now };
    switch (arrival.kind) {
      case 'lead': {
        const { row, leftOut } = await prepareArrival(arrival.lead, index, given);
        return { row: row.kind === 'lead' ? withWhen(row, asOf?.(arrival)) : row, leftOut };
      }
      case 'unusable':
        return this.#prepareRow({ errors: arrival.errors, text: '' }, index, given);
      case 'test': {
        // Judged as if it counted, so that whoever tries learns what would be wrong.
        const judged = arrival.lead && (await prepareArrival(arrival.lead, index, given));
        const wrong = judged?.row.kind === 'unusable' ? judged.row.errors : [];
        return { status: 'test', leftOut: [...(judged?.leftOut ?? []), ...wrong] };
      }
      case 'activity': {
        const { key: _, ...activity } = arrival;
        // A clock that is fast makes nothing happen tomorrow.
        const done = { ...activity, occurredAt: Math.min(arrival.occurredAt, now) };
        return this.#prepareRow({ activity: done, text: '' }, index, given);
      }
      case 'reference':
        return { status: 'wanted' };
      case 'unknown':
        return { status: 'unknown' };
    }
  }

  async #prepareRow(
    row: RawRow,
    index: number,
    given: Pick<Preparation, 'personalData' | 'now'> & { readonly source: Source },
  ): Promise<{ row?: PreparedRow }> {
    const preparation = { ...given, mapping: undefined, strict: false, findSource: async () => given.source };
    const [prepared] = await prepareRows([row], index, preparation);
    return prepared ? { row: prepared } : {};
  }

  async #store({ arrival, row }: PreparedItem, options: TakeOptions, unit: OpenUnit): Promise<void> {
    const { source, traceparentOf } = options;
    if (arrival.kind === 'lead' && arrival.clickId !== undefined && row?.kind === 'lead')
      await this.clicks.note(unit, row.keys, arrival.clickId);
    if (arrival.kind === 'reference') {
      const wanted = { sourceId: source.id, reference: arrival.reference, traceparent: traceparentOf(arrival) };
      if (!(await this.fetches.want(unit, wanted))) throw tooManyWanted();
    } else if (arrival.kind === 'unknown') {
      const item = JSON.stringify(arrival.item) ?? '';
      await this.setAside.add(unit, { sourceId: source.id, type: arrival.type, item });
    }
  }
}

function saysOnlyConsent({ row }: PreparedItem): boolean {
  return row?.kind === 'activity' && row.agrees !== undefined;
}

/** Consent that does not say since when: since it was so, and not since the person first came. */
function withWhen(row: LeadRow, asOf: number | undefined): LeadRow {
  if (asOf === undefined) return row;
  const { consent } = row.lead;
  return { ...row, asOf, lead: { ...row.lead, ...(consent && { consent: { ...consent, at: consent.at ?? asOf } }) } };
}

function tooManyWanted(): Problem {
  return new Problem(503, {
    type: 'too-many-fetches',
    title: 'Too much to be asked for',
    detail: 'More is waiting to be asked of the tool than can be kept.',
    retryAfterSeconds: 60,
  });
}
