import {
  type DataOf,
  type EventDefinition,
  type EventOf,
  LeadAbsorbed,
  LeadCompleted,
  LeadErased,
  LeadHeld,
  LeadImported,
  LeadMerged,
  LeadReceived,
  LeadRouted,
  LeadScored,
  LeadSplit,
} from '@fairlead/events';
import { foldEvent, type LeadEvent } from './fold-event.js';
import { type TrackedLead, unseen } from './store/leads.store.js';

const id = '00000000-0000-4000-8000-000000000001';
const sealed = { v: 1 as const, key: 1, nonce: 'AAAAAAAAAAAAAAAA', ciphertext: 'AAAA' };

function event<D extends EventDefinition>(definition: D, data: Partial<DataOf<D>>, eventId = 'event-1'): LeadEvent {
  const { type, dataschema } = definition;
  const envelope = {
    id: eventId,
    source: '/test',
    specversion: '1.0',
    type,
    subject: id,
    partitionkey: id,
    dataschema,
  };
  return { ...envelope, time: '2026-01-15T09:30:00.250Z', data } as EventOf<D> as unknown as LeadEvent;
}
const received = event(LeadReceived, { sourceId: 'web', facts: { engagement: {}, attributes: {} }, contact: sealed });
const decided = { policy: { name: 'emea', version: 3, hash: '' }, pool: 'smb', now: 7 } as DataOf<
  typeof LeadRouted
>['decided'];
const folded = (events: readonly LeadEvent[], from: TrackedLead = unseen(id, 0)) => events.reduce(foldEvent, from);

describe('the view of a lead', () => {
  it('keeps with the contact the event that it was sealed for', () => {
    expect(folded([received])).toMatchObject({
      receivedAt: Date.UTC(2026, 0, 15, 9, 30, 0, 250),
      details: { sourceId: 'web', contact: sealed, contactEvent: 'event-1' },
      standing: { state: 'received' },
    });
  });

  it('loses the contact with its erasure', () => {
    expect(folded([received, event(LeadErased, {})])).toMatchObject({
      details: { contact: null, contactEvent: null },
      standing: { state: 'erased' },
    });
  });

  it('has none either where the erasure overtook what brings it', () => {
    const after = folded([event(LeadErased, {}), received]);
    expect(after).toMatchObject({
      details: { sourceId: 'web', contact: null, contactEvent: null },
      standing: { state: 'erased' },
    });
  });

  it('knows under which policy, and outside which promise, an offer was made', () => {
    const claimed = { claim: id, kind: 'deal-registration', partner: 'acme', entry: 'x', from: 0 } as const;
    const kinds = (
      [
        { why: 'first' },
        { why: 'declined' },
        { why: 'first', namedAccount: { list: 'l', version: 1, entry: 'x' } },
        { why: 'first', protectedAccount: { ...claimed, refusals: [] as string[] } },
        { why: 'first', protectedAccount: { ...claimed, refusals: ['cap-reached'] as string[] } },
        { why: 'fallback' },
        { why: 'override' },
        { why: 'first', to: 'direct', refusedCounts: { 'no-consent': 2 } },
        { why: 'first', to: 'direct', refusedCounts: { 'no-share': 1 } },
      ] as const
    ).map((data) => {
      const [offer] = folded([event(LeadRouted, { to: 'acme', offer: 1, decided, ...data })]).standing.offers;
      return [offer?.policy, offer?.kind];
    });
    expect(kinds).toEqual([
      ['emea@3', 'share'],
      ['emea@3', 'share'],
      ['emea@3', 'named-account'],
      ['emea@3', 'protected-account'],
      ['emea@3', 'share'],
      ['emea@3', 'fallback'],
      ['emea@3', 'override'],
      ['emea@3', 'no-consent'],
      ['emea@3', 'share'],
    ]);
  });

  it('has after a split what it had before: what is known of it, its touches, its consent, and no contact of the other one', () => {
    const before = { state: 'complete', missing: [], reachable: { email: true, phone: false }, engagedAt: {} } as const;
    type Known = NonNullable<DataOf<typeof LeadSplit>['known']>;
    const known = (more: Pick<Known, 'facts' | 'consent'>): Known => ({
      ...{ ...before, missing: [], sourceId: 'web', receivedAt: 0 },
      ...more,
    });
    const own = { country: 'DE', engagement: {}, attributes: {} };
    const both = { ...own, employees: 40 };
    const later = event(LeadMerged, { touch: 2, changed: [], contact: sealed, known: known({ facts: own }) }, 'later');
    const merge = { touch: 3, changed: ['phone'], contact: sealed, absorbed: id };
    const made = event(LeadMerged, { ...merge, known: known({ facts: both, consent: { given: true } }) }, 'merge');
    const one = folded([received, later, made]);
    expect(one).toMatchObject({ touches: 3, details: { facts: both, consent: { given: true } } });
    const part = { part: 'survivor', other: id, merge: 'merge', touches: 2, changed: ['phone'] } as const;
    const two = folded([event(LeadSplit, { ...part, changed: ['phone'], known: known({ facts: own }) })], one);
    expect(two).toMatchObject({
      touches: 2,
      details: { facts: own, consent: null, contact: sealed, furtherContacts: [{ event: 'later', sealed }] },
    });
  });

  it('knows with which lead it was made one, until the two are split; the one that survived knows of none', () => {
    const other = '00000000-0000-4000-8000-000000000002';
    const absorbed = event(LeadAbsorbed, { into: other, merge: id });
    const split = (part: 'survivor' | 'absorbed') =>
      event(LeadSplit, { part, other, merge: id, touches: 1, changed: [] });
    expect(folded([received]).details.absorbedInto).toBeNull();
    const one = folded([received, absorbed, event(LeadErased, {})]);
    expect(one.details.absorbedInto).toBe(other);
    expect(folded([split('absorbed')], one).details.absorbedInto).toBeNull();
    // Of three that were made one after the other: what it took in itself is split from it, and it stays one with the third.
    expect(folded([split('survivor')], one).details.absorbedInto).toBe(other);
  });

  it('forgets what it waited for when that comes back', () => {
    const waiting = { ...unseen(id, 0), pending: [{ eventId: 'event-1', step: { type: 'received' } as const }] };
    expect(folded([received], waiting).pending).toEqual([]);
  });

  it('knows ever after that it was held, how often it was sent again, and how likely a sale was last taken to be', () => {
    const details = (...events: readonly LeadEvent[]) => {
      const { held, sentAgain, probability } = folded(events).details;
      return { held, sentAgain, probability };
    };
    expect(details(received)).toEqual({ held: false, sentAgain: 0, probability: null });
    const facts = { engagement: {}, attributes: {} };
    const merged = event(LeadMerged, { touch: 2, changed: [] });
    const completed = event(LeadCompleted, { missing: [], facts });
    const scored = event(LeadScored, { missing: [], contributions: [], probability: 250_000 });
    const held = event(LeadHeld, { missing: ['phone'], until: 1 });
    expect(details(received, held, merged, completed, scored, merged)).toEqual({
      ...{ held: true, sentAgain: 2, probability: 250_000 },
    });
    // Of a lead from before it was counted nobody knows how often.
    const { details: before, ...lead } = unseen(id, 0);
    expect(folded([merged], { ...lead, details: { ...before, sentAgain: null } }).details.sentAgain).toBeNull();
  });

  it('counts how often somebody sent the lead, whatever the order in which that is told', () => {
    const merged = [3, 2].map((touch) => event(LeadMerged, { touch, changed: [] }));
    expect(folded(merged).touches).toBe(3);
  });

  it('is, of a deal from elsewhere, what its source told last, in its own time, whatever order that comes in', () => {
    const facts = { country: 'DE', engagement: {}, attributes: { size: 3 } };
    const told = (revision: number, more: Partial<DataOf<typeof LeadImported>>) =>
      event(LeadImported, {
        ...{ sourceId: 'crm', externalId: '7', revision, facts, party: 'acme', pool: 'legacy', policy: 'legacy@1' },
        ...{ grade: null, occurredAt: 1_000, outcome: 'open', ...more },
      });
    const open = told(1, {});
    const won = told(2, { outcome: 'won', closedAt: 3_000, amount: { value: 5, currency: 'EUR' } });
    const offer = { number: 1, party: 'acme', kind: 'share', offeredAt: 1_000, acceptedAt: 1_000, deliveredAt: null };
    expect(folded([open])).toMatchObject({
      ...{ receivedAt: 1_000, details: { sourceId: 'crm', externalId: '7', facts, contact: null } },
      standing: { state: 'accepted', offers: [{ ...offer, stage: 'accepted', closedAt: null }] },
    });
    const after = folded([open, won]);
    expect(after).toMatchObject({
      events: 2,
      standing: { state: 'won', offers: [{ ...offer, stage: 'won', closedAt: 3_000, amount: { value: 5 } }] },
    });
    expect(folded([won, open])).toEqual(after);
    expect(folded([open, won, open])).toEqual({ ...after, events: 3 });
  });
});
