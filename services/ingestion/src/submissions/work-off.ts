import { Injectable } from '@nestjs/common';
import { derivedId } from '@fairlead/events';
import { crashPoint, UnitsOfWork } from '@fairlead/messaging';
import { PersonalData } from '@fairlead/personal-data';
import { setTimeout as sleep } from 'node:timers/promises';
import { Backlog } from '../intake/backlog.js';
import { Intake } from '../intake/intake.js';
import { type Preparation, prepareRows } from '../intake/prepare-rows.js';
import type { RowResult } from '../intake/rows.js';
import { mappingFor } from '../sources/mapping-for.js';
import { SourcesStore } from '../store/sources.store.js';
import { type AcceptedSubmission, keyedPartOf, PART_ROWS, SubmissionsStore } from '../store/submissions.store.js';
import { AcceptSubmission } from './accept-submission.js';
import { readRows } from './rows-as-sent.js';

/** A part takes well under a second; after a process that died another goes on this much later. */
export const LEASE_MS = 10_000;
/** How often it is looked whether nobody is sending any more. */
const LET_PASS_MS = 20;

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
    private readonly accepting: AcceptSubmission,
  ) {}

  /**
   * May be done again, also at the same time, wherever it was broken off: what a part came to is bound to the part, and the ids
   * of its leads follow from it.
   * @throws when it cannot go on: what was taken in is, the rest waits
   */
  async workOff(submission: AcceptedSubmission, stopping: () => boolean): Promise<void> {
    const { id, traceparent } = submission;
    const { query } = this.units;
    const parts = await this.submissions.parts(query, id);
    const preparation = await this.#preparationOf(submission);
    let rejectedBefore = await this.#rejectedBefore(id, parts[0]?.part ?? 0);
    let storing: Promise<unknown> = Promise.resolve();
    for (const { part } of parts) {
      for (const until = Date.now() + LEASE_MS / 2; this.accepting.isBusy && !stopping() && Date.now() < until;)
        await sleep(LET_PASS_MS);
      if (stopping()) break;
      const body = await this.submissions.open(query, id, part);
      // Somebody else was at it, because we were thought dead.
      if (!body) continue;
      const first = part * PART_ROWS;
      const idOf = (index: number) => derivedId(id, 'row', String(index));
      const prepared = await prepareRows(readRows(body), first, { ...preparation, idOf });
      await storing;
      this.backlog.refuseWhenFull();
      storing = this.intake.submit(
        {
          rows: prepared,
          keyedPart: keyedPartOf(id, part),
          rejectedBefore,
          alongside: async (unit) => {
            this.submissions.takenIn(unit, id, part, LEASE_MS);
            crashPoint('submission.part');
          },
          ...(traceparent !== null && { traceparent }),
        },
        { mayWait: true },
      );
      rejectedBefore += prepared.filter(({ kind }) => kind === 'unusable').length;
      storing.catch(() => undefined);
    }
    await storing;
    crashPoint('submission.taken-in');
    if (!stopping()) await this.submissions.finish(query, id);
  }

  async #preparationOf({
    sourceId,
    mapping,
    strict,
    acceptedAt,
  }: AcceptedSubmission): Promise<Omit<Preparation, 'idOf'>> {
    const source = sourceId === null ? undefined : await this.sources.find(sourceId);
    if (sourceId !== null && !source) throw new Error(`the source ${sourceId} of a submission is not there`);
    return {
      ...{ source, strict, personalData: this.personalData, now: acceptedAt.getTime() },
      mapping: mappingFor({ mapping: mapping ?? undefined, source }, 'ndjson', 'json'),
      findSource: (id) => this.sources.find(id),
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
