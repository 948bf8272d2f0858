import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { crashPoint, UnitsOfWork } from '@fairlead/messaging';
import { isTransient, type Query } from '@fairlead/persistence';
import { intakeFull, keyReused, storeAway } from '../intake/intake-problems.js';
import type { RawRow } from '../intake/read-body.js';
import { IdempotencyKeysStore, type KeyedPart, nameOfPart } from '../store/idempotency-keys.store.js';
import {
  type AcceptedSubmission,
  type Gathered,
  PART_ROWS,
  singleIdOf,
  SubmissionsStore,
} from '../store/submissions.store.js';
import { writeRows } from './rows-as-sent.js';
import { Waiting } from './waiting.js';

/** What is stored together is encrypted in one go, and read again in one: a few milliseconds at most. */
const MAX_BYTES_TOGETHER = 1024 * 1024;
/** A larger lead is a submission of its own. */
export const MAX_GATHERED_BYTES = 16 * 1024;
/** Two at a time: while one waits for the disk, the other is encrypted. */
const LANES = 2;
/** The second begins only when so many wait: two small ones cost nearly twice what one of both would. */
const SECOND_LANE_LEADS = 32;
/** In a burst the next ids get their keys while these leads are stored; those that are left when a process is killed are of no use. */
const IDS_AHEAD = 16;
const IDS_AHEAD_FROM_LEADS = 8;
/** What may wait to be stored: about a second of work. */
const MAX_WAITING_LEADS = 10_000;

/** A lead that came alone, and whoever sent it. */
export interface Single extends Pick<AcceptedSubmission, 'caller' | 'sourceId' | 'mapping' | 'strict' | 'traceparent'> {
  readonly row: RawRow;
  readonly bytes: number;
  readonly keyedPart?: KeyedPart;
}

interface Sent {
  readonly single: Single;
  /** @param id  undefined: its key was used for something else */
  readonly resolve: (id: string | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/** As it is kept with its Idempotency-Key. */
interface Answer {
  readonly submission: string;
}

/**
 * Stores single leads whose senders do not wait until they are taken in. What comes while some are stored is stored together by
 * the next statement, with one key for all that one caller sends for one source: a row of the database, and a
 * commit to the disk, then stand for dozens of requests.
 */
@Injectable()
export class GatherLeads implements BeforeApplicationShutdown {
  readonly #sent: Sent[] = [];
  #ids: string[] = [];
  #making: Promise<void> | undefined;
  #lanes = 0;

  constructor(
    private readonly units: UnitsOfWork,
    private readonly submissions: SubmissionsStore,
    private readonly keys: IdempotencyKeysStore,
    private readonly waiting: Waiting,
  ) {}

  /**
   * Resolves when the lead is on the disk as it was sent.
   * @returns the id under which it is asked for
   * @throws Problem 503 when too much is waiting or the database is away, 422 when the key was used for something else
   */
  async gather(single: Single): Promise<string> {
    if (this.#sent.length >= MAX_WAITING_LEADS) throw intakeFull();
    const id = await new Promise<string | undefined>((resolve, reject) => {
      this.#sent.push({ single, resolve, reject });
      if (this.#lanes === 0 || (this.#lanes < LANES && this.#sent.length >= SECOND_LANE_LEADS)) void this.#work();
    });
    if (id === undefined) throw keyReused();
    return id;
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.#making?.catch(() => undefined);
    await this.submissions.dropGatheredIds(this.#ids.splice(0));
  }

  async #work(): Promise<void> {
    this.#lanes += 1;
    // One turn of the event loop: requests that have come in together are stored together.
    await new Promise((resolve) => setImmediate(resolve));
    for (let batch = this.#next(); batch.length > 0; batch = this.#next()) {
      await this.#take(batch);
      if (this.#lanes > 1 && this.#sent.length < SECOND_LANE_LEADS) break;
    }
    this.#lanes -= 1;
  }

  /** The oldest, as many as fit; of two with the same Idempotency-Key the second waits for the first one's answer. */
  #next(): Sent[] {
    const parts = new Set<string>();
    let [place, bytes] = [0, 0];
    for (; place < this.#sent.length && place < PART_ROWS; place += 1) {
      const { single } = this.#sent[place] as Sent;
      const part = single.keyedPart && nameOfPart(single.keyedPart);
      bytes += single.bytes;
      if ((place > 0 && bytes > MAX_BYTES_TOGETHER) || (part !== undefined && parts.has(part))) break;
      if (part !== undefined) parts.add(part);
    }
    return this.#sent.splice(0, place);
  }

  async #take(batch: readonly Sent[]): Promise<void> {
    try {
      const ids = await this.#store(batch.map(({ single }) => single));
      crashPoint('submission.gathered');
      batch.forEach(({ resolve }, at) => resolve(ids[at]));
    } catch (error) {
      if (batch.length > 1 && !isTransient(error)) {
        // One of them cannot be stored, by a fault of ours; the others must not suffer for it.
        for (const each of batch) await this.#take([each]);
        return;
      }
      const problem = isTransient(error) ? storeAway(error) : error;
      for (const { reject } of batch) reject(problem);
    }
  }

  /** @returns of each the id under which it is asked for, in their order; undefined where the key was used for something else */
  async #store(singles: readonly Single[]): Promise<readonly (string | undefined)[]> {
    const parts = singles.flatMap(({ keyedPart }) => keyedPart ?? []);
    if (parts.length === 0) {
      const ids = await this.#keep(this.units.query, singles);
      this.waiting.gathered(singles.length);
      return singles.map((single) => ids.get(single));
    }
    const { answers, stored } = await this.units.run(async (unit) => {
      const bound = await this.keys.bind<Answer>(unit, parts);
      const outcomes = new Map(
        singles.map((single) => [single, single.keyedPart && bound.get(nameOfPart(single.keyedPart))] as const),
      );
      const fresh = singles.filter((single) => (outcomes.get(single)?.outcome ?? 'bound') === 'bound');
      const ids = await this.#keep(unit.query, fresh);
      this.keys.answer(
        unit,
        fresh.flatMap((single) => {
          const answer = { submission: ids.get(single) } as Answer;
          return single.keyedPart ? [{ part: single.keyedPart, answer }] : [];
        }),
      );
      const answers = singles.map((single) => {
        const known = outcomes.get(single);
        return known?.outcome === 'repeated' ? known.answer.submission : ids.get(single);
      });
      return { answers, stored: fresh.length };
    });
    this.waiting.gathered(stored);
    return answers;
  }

  async #keep(query: Query, singles: readonly Single[]): Promise<ReadonlyMap<Single, string>> {
    const senders = [...Map.groupBy(singles, senderOf).values()];
    const [own, ids] = [await this.#takeIds(senders.length, singles.length), new Map<Single, string>()];
    const gathered = senders.map((together, at): Gathered => {
      const [{ caller, sourceId, mapping, strict }] = together as [Single];
      const id = own[at] as string;
      together.forEach((single, place) => ids.set(single, singleIdOf(id, place)));
      return {
        ...{ id, caller, sourceId, mapping, strict, rows: together.length },
        body: writeRows(together.map(({ row }) => row)),
        traceparents: together.some(({ traceparent }) => traceparent !== null)
          ? together.map(({ traceparent }) => traceparent)
          : null,
      };
    });
    if (gathered.length > 0) await this.submissions.gather(query, gathered, new Date());
    return ids;
  }

  async #takeIds(count: number, leads: number): Promise<readonly string[]> {
    const ids = this.#ids.splice(0, count);
    if (ids.length < count) ids.push(...(await this.submissions.newGatheredIds(count - ids.length)));
    if (leads >= IDS_AHEAD_FROM_LEADS && this.#ids.length < IDS_AHEAD / 2) this.#makeIdsAhead();
    return ids;
  }

  #makeIdsAhead(): void {
    this.#making ??= this.submissions
      .newGatheredIds(IDS_AHEAD)
      .then((ids) => void this.#ids.push(...ids))
      // Then each waits for its own.
      .catch(() => undefined)
      .finally(() => (this.#making = undefined));
  }
}

/** Equal where leads may be kept together: whoever may ask for one of them may ask for all, and all are read in the same way. */
function senderOf({ caller, sourceId, mapping, strict }: Single): string {
  return JSON.stringify([caller, sourceId, strict, mapping]);
}
