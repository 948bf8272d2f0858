import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { currentOffer, nextReminder, type Offer, ranOut, reminderOf } from '@fairlead/decisions';
import { derivedId, encodeEvent, type EncodedEvent, LeadReminded } from '@fairlead/events';
import { Clock, type UnitOfWork, UnitsOfWork } from '@fairlead/messaging';
import { standingNow } from '../pending-answer.js';
import { LeadsStore, type TrackedLead } from '../store/leads.store.js';
import { keyOf, PoolRulesStore } from '../store/pool-rules.store.js';
import { WatchedLeadsStore } from '../store/watched-leads.store.js';
import type { Watched } from '../watch-leads.js';

/** Reminders are of hours and days: a second more is nothing, and an idle system pays for one index look. */
const EVERY_MS = 1_000;
/** As many as one batch of a consumer: what became due while nothing ran is worked off in pieces. */
const BATCH = 500;
/** What was said of a lead comes back from the log by then, and says itself what is waited for next. */
const LOOK_AGAIN_MS = 60_000;

/**
 * The clock → lead.reminded. When it is due is in the table, so it survives restarts, and any process may say it. Under the lock of the
 * lead, as an answer is taken: whoever has answered is not reminded any more.
 */
@Injectable()
export class ReminderTimer implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('outcome-tracking/reminder');
  private readonly clock = new Clock({
    everyMs: EVERY_MS,
    look: async (stopping) => {
      while (
        !stopping() &&
        (await this.watched.anyDue(this.units.query, Date.now())) &&
        (await this.remind()) === BATCH
      );
    },
    onFailure: (error, isFirst) => {
      if (isFirst) this.logger.warn({ event: 'reminder.failed', error });
    },
  });

  constructor(
    private readonly units: UnitsOfWork,
    private readonly leads: LeadsStore,
    private readonly watched: WatchedLeadsStore,
    private readonly rules: PoolRulesStore,
  ) {}

  onApplicationBootstrap(): void {
    this.clock.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.clock.stop();
  }

  private async remind(): Promise<number> {
    return this.units.run(async (unit) => {
      const due = await this.watched.lockDue(unit, BATCH);
      const leads = due.length === 0 ? new Map<string, TrackedLead>() : await this.leads.lock(unit, due);
      // Read again: what was due may have been answered before the lock was ours.
      const watched = due.length === 0 ? [] : [...(await this.watched.of(unit, due)).values()];
      const isDue = ({ remindAt }: Watched) => remindAt !== null && remindAt <= unit.now;
      const looks = watched.filter(isDue).flatMap((each) => {
        const lead = leads.get(each.leadId);
        return lead ? [{ each, lead, offer: currentOffer(standingNow(lead)) }] : [];
      });
      const rules = await this.rules.of(
        unit.query,
        looks.flatMap(({ offer }) => offer ?? []),
      );

      const gone: string[] = [];
      const said: EncodedEvent[] = [];
      const next = looks.flatMap(({ each, lead, offer }): Watched[] => {
        if (lead.pending.length > 0) return [{ ...each, remindAt: unit.now + LOOK_AGAIN_MS }];
        if (!offer || offer.number !== each.offer || !reminderOf(offer) || lead.standing.state === 'erased') {
          gone.push(each.leadId);
          return [];
        }
        // Its end is on its way.
        if (ranOut(offer, unit.now)) return [{ ...each, remindAt: null }];
        const reminded = each.reminded + 1;
        said.push(tell(each, offer, reminded, unit));
        const again = nextReminder(offer, rules.get(keyOf(offer)) ?? {}, reminded, unit.now);
        return [{ ...each, reminded, remindAt: again ?? null }];
      });
      this.watched.save(unit, next);
      this.watched.forget(unit, gone);
      unit.say(said);
      return due.length;
    });
  }
}

/** One of each number: of the offer, or of a silence, which begins anew with each word. */
function tell({ leadId, spokeAt }: Watched, offer: Offer, number: number, { now }: UnitOfWork): EncodedEvent {
  const what = reminderOf(offer) ?? 'no-word';
  const isOffer = what === 'offer-ends';
  const silentSince = spokeAt ?? offer.acceptedAt ?? offer.offeredAt;
  return encodeEvent(LeadReminded, {
    id: derivedId(leadId, LeadReminded.type, [offer.number, what, ...(isOffer ? [] : [silentSince]), number].join('/')),
    source: '/outcome-tracking',
    subject: leadId,
    time: now,
    data: {
      ...{ party: offer.party, offer: offer.number, what, number, at: now },
      ...(isOffer ? { acceptBy: offer.acceptBy } : { silentSince }),
    },
  });
}
