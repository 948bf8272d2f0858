import { randomUUID } from 'node:crypto';
import {
  decodeEvent,
  type EncodedEvent,
  LeadAbsorbed,
  LeadAccepted,
  LeadContacted,
  LeadImported,
  LeadRecycled,
  LeadReturned,
  LeadSplit,
  LeadWon,
} from '@fairlead/events';
import { policyOf } from '@fairlead/decisions';
import { erased, event, merged, notified, received, routed, scored } from '../test/fixture/events.js';
import { followLeads, type LeadEvent, timeOf } from './fold-event.js';
import type { PoolRules } from './rules-in.js';
import type { TrackedLead } from './store/leads.store.js';
import { afterwards } from './watch-leads.js';

const day = 86_400_000;
const pool = { id: 'smb', match: {}, promise: { direct: 50, channel: 50 }, returned: {} };
const { returned } = policyOf({ name: 'emea', pools: [pool] }, 1).pools[0] as { returned: PoolRules['returned'] };
const rules: PoolRules = { remindWithMsLeft: 1_000, followUp: { remindAfterMs: day, everyMs: day, most: 2 }, returned };

/** Batches of one lead's events, one after the other. */
class Story {
  readonly id = randomUUID();
  private lead: TrackedLead | undefined;
  private repaired = false;

  constructor(private readonly under: PoolRules = rules) {}

  then(...encoded: readonly EncodedEvent[]) {
    const events = encoded.map(({ bytes }) => decodeEvent(bytes) as LeadEvent);
    const [change] = followLeads(events, new Map(this.lead && [[this.id, this.lead]]));
    if (!change) throw new Error('nothing happened');
    const after = afterwards(change, events, this.under, this.repaired);
    this.repaired =
      typeof after.watching === 'object' ? after.watching.repaired : this.repaired && after.watching === 'as-before';
    this.lead = change.after;
    return { ...after, times: events.map(timeOf) };
  }

  offered(data: Parameters<typeof routed>[2] = {}) {
    return this.then(received(this.id), scored(this.id), routed(this.id, 'acme', data));
  }

  accepted() {
    return this.then(event(LeadAccepted, this.id, { party: 'acme', offer: 1, at: Date.now() }));
  }

  returned(reason: 'capacity' | 'inaccurate-data' | 'spam') {
    return this.then(event(LeadReturned, this.id, { party: 'acme', offer: 1, at: Date.now(), reason }));
  }
}

const saying = (id: string, at: number) => event(LeadContacted, id, { party: 'acme', offer: 1, at });

describe('what is waited for with a lead', () => {
  it('is its answer while it is offered, if the policy reminds of that, and its word once it is accepted', () => {
    const story = new Story();
    const acceptBy = Date.now() + day;
    expect(story.offered({ acceptBy }).watching).toEqual({
      ...{ leadId: story.id, offer: 1, party: 'acme', spokeAt: null, remindAt: acceptBy - 1_000 },
      ...{ reminded: 0, repaired: false },
    });
    const { watching, times } = story.accepted();
    expect(watching).toMatchObject({ spokeAt: times[0], remindAt: (times[0] ?? 0) + day, reminded: 0 });

    const silent = new Story({});
    expect(silent.offered().watching).toBe('as-before');
    // Whoever is silent is listed, whether or not anybody is reminded.
    expect(silent.accepted().watching).toMatchObject({ spokeAt: expect.any(Number) as number, remindAt: null });
  });

  it('counts from when a party said something, not from when that had happened, and not from what was delivered to it', () => {
    const story = new Story();
    story.offered();
    story.accepted();
    expect(story.then(notified(story.id, 'acme')).watching).toBe('as-before');
    const { watching, times } = story.then(saying(story.id, Date.now() - 5 * day));
    expect(watching).toMatchObject({ spokeAt: times[0], remindAt: (times[0] ?? 0) + day });
    expect(story.then(scored(story.id)).watching).toBe('as-before');
  });

  it('ends with the lead: won, returned for good, erased', () => {
    const won = new Story();
    won.offered();
    won.accepted();
    expect(won.then(event(LeadWon, won.id, { party: 'acme', offer: 1, at: Date.now() })).watching).toBe('nothing');
    expect(won.then(erased(won.id)).watching).toBe('as-before');
    const gone = new Story();
    gone.offered();
    gone.accepted();
    expect(gone.then(erased(gone.id)).watching).toBe('nothing');
    const spam = new Story();
    spam.offered();
    spam.accepted();
    expect(spam.returned('spam')).toMatchObject({ watching: 'nothing' });
  });

  it('is nothing with a deal from elsewhere, of which nobody here can say anything', () => {
    const story = new Story();
    const told = (revision: number, outcome: 'open' | 'returned') =>
      event(LeadImported, story.id, {
        ...{ sourceId: 'crm', externalId: '1', revision, facts: { engagement: {}, attributes: {} }, party: 'acme' },
        ...{ pool: 'legacy', policy: 'legacy@1', grade: null, occurredAt: Date.now() - 400 * day, outcome },
      });
    expect(story.then(told(1, 'open'))).toMatchObject({ watching: 'as-before' });
    expect(story.then(told(2, 'returned'))).toMatchObject({ watching: 'as-before' });
  });
});

describe('a lead that is returned', () => {
  const given = (reason: 'capacity' | 'inaccurate-data' | 'spam', under = rules) => {
    const story = new Story(under);
    story.offered();
    story.accepted();
    return { story, after: story.returned(reason) };
  };

  it('is offered again at once, for what lies between it and its party; under a policy that says nothing, it is closed', () => {
    expect(given('capacity').after).toMatchObject({ watching: 'nothing', recycled: 'capacity' });
    expect(given('spam').after.recycled).toBeUndefined();
    expect(given('capacity', {}).after.recycled).toBeUndefined();
  });

  it('is not offered again for what was read to its end before: recycled, and offered to somebody', () => {
    const story = new Story();
    story.offered();
    const again = story.then(
      event(LeadAccepted, story.id, { party: 'acme', offer: 1, at: Date.now() }),
      event(LeadReturned, story.id, { party: 'acme', offer: 1, at: Date.now(), reason: 'capacity' }),
      event(LeadRecycled, story.id, { party: 'acme', offer: 1, at: Date.now(), reason: 'capacity' }),
    );
    expect(again.recycled).toBeUndefined();
  });

  it('waits to be repaired, and then for its score, so that it is offered as it is known by then', () => {
    const { story, after } = given('inaccurate-data');
    expect(after).toMatchObject({ watching: 'nothing' });
    expect(story.then(scored(story.id)).recycled).toBeUndefined();
    expect(story.then(merged(story.id, { changed: ['engagement.visits'] })).watching).toBe('as-before');
    expect(story.then(scored(story.id, { cause: 'merged' })).recycled).toBeUndefined();
    expect(story.then(merged(story.id, { changed: ['phone'] }))).toMatchObject({ watching: { repaired: true } });
    expect(story.then(merged(story.id, { changed: [] })).watching).toMatchObject({ repaired: true });
    expect(story.then(scored(story.id, { cause: 'merged' }))).toMatchObject({
      recycled: 'repaired',
      watching: 'nothing',
    });

    // All of it in one batch; and where no score follows, because none depends on it.
    const together = given('inaccurate-data').story;
    expect(together.then(merged(together.id, { changed: ['country'] }), scored(together.id)).recycled).toBe('repaired');
    const named = given('inaccurate-data').story;
    expect(named.then(merged(named.id, { changed: ['lastName'] })).recycled).toBe('repaired');
  });

  it('is not offered again while it is one with another, whose party has the person; once the two are split, it is', () => {
    const [into, merge] = [randomUUID(), randomUUID()];
    const absorbed = (id: string) => event(LeadAbsorbed, id, { into, merge, actor: 'a-key', reason: 'same-person' });
    const split = (id: string) =>
      event(LeadSplit, id, {
        ...{ part: 'absorbed', other: into, merge, actor: 'a-key', reason: 'other-people', touches: 1, changed: [] },
      });
    const story = new Story();
    story.offered();
    story.accepted();
    story.then(absorbed(story.id));
    expect(story.returned('capacity')).toEqual({ watching: 'nothing', times: expect.any(Array) as number[] });
    expect(story.then(split(story.id)).recycled).toBe('capacity');

    const wrong = given('inaccurate-data').story;
    expect(wrong.then(merged(wrong.id, { changed: ['phone'] }))).toMatchObject({ watching: { repaired: true } });
    expect(wrong.then(absorbed(wrong.id))).toMatchObject({ watching: 'nothing' });
    expect(wrong.then(scored(wrong.id, { cause: 'merged' })).recycled).toBeUndefined();
  });

  it('is not repaired by what was known before it was returned', () => {
    const story = new Story();
    story.offered();
    story.accepted();
    const after = story.then(
      merged(story.id, { changed: ['phone'] }),
      event(LeadReturned, story.id, { party: 'acme', offer: 1, at: Date.now(), reason: 'inaccurate-data' }),
      scored(story.id, { cause: 'merged' }),
    );
    expect(after.recycled).toBeUndefined();
  });
});
