import { Injectable } from '@nestjs/common';
import { derivedId } from '@fairlead/events';
import { crashPoint, type UnitOfWork, UnitsOfWork } from '@fairlead/messaging';
import { PersonalData } from '@fairlead/personal-data';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Backlog } from '../intake/backlog.js';
import { Intake } from '../intake/intake.js';
import { type Preparation, prepareRows } from '../intake/prepare-rows.js';
import type { RawRow } from '../intake/read-body.js';
import type { PreparedRow, RowResult } from '../intake/rows.js';
import { mappingFor } from '../sources/mapping-for.js';
import type { KeyedPart } from '../store/idempotency-keys.store.js';
import { SourcesStore } from '../store/sources.store.js';
import { type AcceptedSubmission, keyedPartOf, PART_ROWS, SubmissionsStore } from '../store/submissions.store.js';
import { readRows } from './rows-as-sent.js';
import { Waiting } from './waiting.js';

/** A part takes well under a second; after a process that died another goes on this much later. */
export const LEASE_MS = 10_000;
/** Some milliseconds of work. */
const ROWS_A_TURN = 50;

/** Takes in what was accepted, part by part, in the order in which it was sent. */
@Injectable()
export class WorkOff {
  constructor(
    private readonly units: UnitsOfWork,
    private readonly submissions: SubmissionsStore,
    private readonly intake: Intake,
    private readonly backlog: Backlog,
    private readonly sources: SourcesStore,
    private readonly personalData: PersonalData,
    private readonly waiting: Waiting,
  ) {}

  /**
   * May be done again, also at the same time, wherever it was broken off: what a part came to is bound to the part, and the ids
   * of its leads follow from it. When somebody begins to send, the rest is left for later.
   * @returns whether all of it is taken in
   * @throws when it cannot go on: what was taken in is, the rest waits
   */
  async workOff(submission: AcceptedSubmission, stopping: () => boolean): Promise<boolean> {
    const { id, traceparent } = submission;
    const { query } = this.units;
    const parts = await this.submissions.parts(query, id);
    const preparation = await this.#preparationOf(submission);
    let rejectedBefore = await this.#rejectedBefore(id, parts[0]?.part ?? 0);
    let storing: Promise<unknown> = Promise.resolve();
    let isWhole = true;
    for (const { part } of parts) {
      isWhole = !stopping() && !this.waiting.hasRightOfWay;
      if (!isWhole) break;
      const body = await this.submissions.open(query, id, part);
      // Somebody else was at it, because we were thought dead.
      if (!body) continue;
      const prepared = await prepareInTurns(readRows(body), part * PART_ROWS, preparation);
      await storing;
      this.backlog.refuseWhenFull();
      storing = this.intake.submit(
        {
          rows: prepared,
          keyedPart: keyedPartOf(id, part),
          rejectedBefore,
          alongside: this.#takenIn,
          ...(traceparent !== null && { traceparent }),
        },
        { mayWait: true },
      );
      rejectedBefore += prepared.filter(({ kind }) => kind === 'unusable').length;
      storing.catch(() => undefined);
    }
    await storing;
    if (!isWhole) {
      await this.submissions.letGo(query, id);
      return false;
    }
    crashPoint('submission.taken-in');
    await this.submissions.finish(query, [id]);
    return true;
  }

  /**
   * The same with submissions of single leads, of one part each, which are taken in together.
   * @throws when one of them cannot go on: what was taken in is, the rest waits
   */
  async workOffGathered(gathered: readonly AcceptedSubmission[]): Promise<true> {
    const { query } = this.units;
    const bodies = await this.submissions.openAll(
      query,
      gathered.map(({ id }) => ({ id, part: 0 })),
    );
    this.backlog.refuseWhenFull();
    const storing: Promise<unknown>[] = [];
    for (const submission of gathered) {
      const { id, traceparents } = submission;
      const body = bodies.get(id);
      if (!body) continue;
      const prepared = await prepareInTurns(readRows(body), 0, await this.#preparationOf(submission));
      const rows = prepared.map((row, place): PreparedRow => {
        const traceparent = traceparents?.[place];
        return traceparent == null ? row : { ...row, traceparent };
      });
      const each = this.intake.submit(
        { rows, keyedPart: keyedPartOf(id, 0), alongside: this.#takenIn },
        { mayWait: true },
      );
      each.catch(() => undefined);
      storing.push(each);
    }
    await Promise.all(storing);
    crashPoint('submission.taken-in');
    await this.submissions.finish(
      query,
      gathered.map(({ id }) => id),
    );
    return true;
  }

  /** One and the same for all, so that those that are taken in together are done with together. */
  readonly #takenIn = async (unit: UnitOfWork, parts: readonly KeyedPart[]): Promise<void> => {
    this.submissions.takenIn(unit, parts, LEASE_MS);
    crashPoint('submission.part');
  };

  async #preparationOf({ id, sourceId, mapping, strict, acceptedAt }: AcceptedSubmission): Promise<Preparation> {
    const source = sourceId === null ? undefined : await this.sources.find(sourceId);
    if (sourceId !== null && !source) throw new Error(`the source ${sourceId} of a submission is not there`);
    return {
      ...{ source, strict, personalData: this.personalData, now: acceptedAt.getTime() },
      mapping: mappingFor({ mapping: mapping ?? undefined, source }, 'ndjson', 'json'),
      findSource: (named) => this.sources.find(named),
      idOf: (index) => derivedId(id, 'row', String(index)),
    };
  }

  /** Only the first of them are told one by one, also when the work was broken off in between. */
  async #rejectedBefore(id: string, part: number): Promise<number> {
    let rejected = 0;
    for (let from = 0; from < part * PART_ROWS; from += PART_ROWS) {
      const results: readonly RowResult[] = await this.submissions.results(this.units.query, id, from, PART_ROWS);
      rejected += results.filter(({ status }) => status === 'rejected').length;
    }
    return rejected;
  }
}

/** A few rows at a time: whoever sends meanwhile waits for no more than those. */
async function prepareInTurns(
  rows: readonly RawRow[],
  first: number,
  preparation: Preparation,
): Promise<PreparedRow[]> {
  const prepared: PreparedRow[] = [];
  for (let at = 0; at < rows.length; at += ROWS_A_TURN) {
    prepared.push(...(await prepareRows(rows.slice(at, at + ROWS_A_TURN), first + at, preparation)));
    await nextTurn();
  }
  return prepared;
}
