import { explain, type Explanation, type RecordedDecision, weigh } from './explain.js';
import { NamedAccountList } from './named-account-list.js';
import { readNamedAccounts } from './named-accounts.js';
import { DIRECT } from './party.js';
import { type PartnerDocument } from './partner.js';
import { policyOf } from './policy.js';
import { type Claim, ProtectedAccounts } from './protected-accounts.js';
import { partnerOf, Roster } from './roster.js';
import { overrideLead, type RoutableLead, routeLead, type Rules } from './route-lead.js';
import { applyDecision, newRoutingState, type RoutingState } from './routing-state.js';

const now = Date.UTC(2026, 0, 15, 12);

const partners: Record<string, Partial<PartnerDocument>> = {
  acme: { territories: ['DE'] },
  bolt: { territories: ['DE'], tier: 'silver', caps: { open: 1 } },
  coil: { territories: ['FR'] },
  dart: { territories: ['DE'], status: 'paused' },
};
const roster = Object.entries(partners).map(([id, more]) => partnerOf(id, { name: id, tier: 'gold', ...more }));

function rules(ceiling = 100, claims: readonly Claim[] = []): Rules {
  const list = readNamedAccounts({
    owner: 'jane',
    entries: [{ domain: 'siemens.com', owner: 'north', from: '2026-01-01' }],
  });
  if (!list.ok) throw new Error('unreadable');
  const pool = {
    id: 'smb',
    match: {},
    promise: { direct: 40, channel: 60 },
    tiers: { gold: 3, silver: 2 },
    namedAccounts: { list: 'named', ceiling },
  };
  return {
    policy: policyOf({ name: 'emea', pools: [pool] }, 3),
    roster: new Roster(roster),
    namedAccounts: new Map([['named', new NamedAccountList('named', 2, list.document)]]),
    protections: ProtectedAccounts.of(claims.length, claims),
  };
}

function lead(facts: Partial<RoutableLead['facts']> = {}, more: Partial<RoutableLead> = {}): RoutableLead {
  const known = { country: 'DE', engagement: {}, attributes: {}, ...facts };
  const model = 'f'.repeat(64);
  return { state: 'graded', grade: 'B', sourceId: 'web', model, consent: 'given', ...more, facts: known };
}

/** Decides, one after the other; answers what was recorded of the last. */
function recorded(...leads: readonly RoutableLead[]): RecordedDecision {
  return recordedUnder(100, ...leads);
}

function recordedUnder(ceiling: number, ...leads: readonly RoutableLead[]): RecordedDecision {
  return recordedBy(rules(ceiling), leads);
}

function recordedBy(under: Rules, leads: readonly RoutableLead[]): RecordedDecision {
  const state: RoutingState = newRoutingState();
  const all = leads.map((each) => {
    const { outcome, data, change } = routeLead(each, under, state, now);
    const weighed = weigh(each, under, state, now, change.to);
    applyDecision(state, change, under.roster);
    return { lead: each, weighed, told: { outcome, data } as RecordedDecision['told'] };
  });
  return all.at(-1)!;
}

function why(decision: RecordedDecision, party?: string, nameOf = (id: string) => id, ceiling = 100): Explanation {
  const partner = roster.find(({ id }) => id === party);
  return explain(decision, rules(ceiling).policy, party, partner, nameOf);
}

describe('the explanation of a decision', () => {
  const toPartner = recorded(lead());
  const toDirect = recorded(lead(), lead());

  it('says what was promised, whose turn it was, and by how much', () => {
    expect(why(toPartner).decision).toEqual([
      'Pool smb promises 40 % of its leads of grade B to direct and 60 % to partners.',
      "It was the partners' turn: direct was owed 0.00 leads, the partners were owed 0.00 leads. Of 2 who could take it, it was the turn of acme, who was owed 0.00 leads at a weight of 3.",
    ]);
    expect(why(toDirect).decision[1]).toBe(
      "It was direct's turn: direct was owed 0.40 leads, the partners were 0.40 leads ahead.",
    );
  });

  it('tells who got it that it did, and who did not what it lacked', () => {
    expect(why(toPartner, 'acme')).toMatchObject({ party: ['acme got it.'], refusals: [] });
    expect(why(toPartner, 'coil')).toMatchObject({
      party: ['coil does not serve DE.'],
      refusals: ['outside-territory'],
    });
    expect(why(toPartner, 'dart')).toMatchObject({
      party: ['dart was paused; who is paused gets no leads and piles up no credit.'],
      refusals: ['paused'],
    });
  });

  it('tells who could have taken it whose turn it was, and what it is owed', () => {
    expect(why(toPartner, 'bolt')).toMatchObject({
      refusals: [],
      party: [
        'bolt could have taken it, but it was the turn of acme.',
        'bolt was owed 0.00 leads at a weight of 2. What a lead adds to that is never lost, so its turn comes.',
      ],
    });
    expect(why(toPartner, DIRECT).party).toEqual(["Direct could have taken it, but it was the partners' turn."]);
    expect(why(toDirect, 'bolt').party[0]).toBe(
      "bolt could have taken it, but it was direct's turn, not the partners'.",
    );
  });

  it('says that the person has not agreed, or refused, and to whom that keeps it from going', () => {
    const unknown = recorded(lead({}, { consent: 'unknown' }));
    expect(why(unknown, 'acme')).toEqual({
      decision: [
        'Nobody knows whether the person agrees, and without their consent pool smb offers a lead to no partner.',
        "So it is direct's.",
      ],
      party: ['Nobody knows whether the person agrees, and pool smb needs their consent before a lead goes to acme.'],
      refusals: ['no-consent'],
    });
    const refused = recorded(lead({}, { consent: 'refused' }));
    expect(why(refused, 'bolt')).toEqual({
      decision: ['The person has refused their consent: their details go to no partner.', "So it is direct's."],
      party: ['The person has refused their consent, so their details did not go to bolt.'],
      refusals: ['no-consent'],
    });
    expect(why(refused, 'dart').refusals).toEqual(['paused']);
    expect(why(recorded(lead({}, { consent: undefined })), 'bolt').refusals).toEqual([]);
  });

  it('says of a partner that was not on the roster then that it was not', () => {
    expect(why(toPartner, 'nova')).toMatchObject({
      party: ['nova was not on the roster then.'],
      refusals: ['not-on-roster'],
    });
  });

  it('names other partners to nobody who may not know them', () => {
    const toBolt = (id: string) => (id === 'bolt' ? id : 'another partner');
    const text = JSON.stringify(why(toPartner, 'bolt', toBolt));
    expect(text).toContain('the turn of another partner');
    expect(text).not.toContain('acme');
  });

  it('says that a partner was at its cap', () => {
    // acme, direct, then bolt takes its one; the next one of the partners' finds it full.
    const last = recorded(...Array.from({ length: 6 }, () => lead()));
    expect(why(last, 'bolt')).toMatchObject({
      refusals: ['cap-reached'],
      party: ['bolt had reached one of its caps.'],
    });
  });

  it('says which entry of which list reserved it, and how much the list has taken', () => {
    const named = recorded(lead(), lead({ companyDomain: 'siemens.com' }));
    expect(why(named).decision).toEqual([
      'The named-account list named (version 2, entry siemens.com) reserves it for direct, outside the promise. ' +
        'Before it the list had taken 0 of 1 leads of grade B; its ceiling is 100 %.',
    ]);
    expect(why(named, 'acme')).toMatchObject({ refusals: ['named-account'] });
  });

  it('says that a list names the company and has had its share, and whose turn it was then', () => {
    const { decision } = why(recordedUnder(30, lead({ companyDomain: 'siemens.com' })), undefined, undefined, 30);
    expect(decision[0]).toBe(
      'The named-account list named (version 2, entry siemens.com) names its company, but had taken 0 of 0 leads of grade B: ' +
        "with this one it would be above its ceiling of 30 %, so the lead is everybody's.",
    );
    expect(decision).toHaveLength(3);
  });

  it('says that a partner claimed the company before, until when, and what kept it from the lead', () => {
    const claim = { id: 'c1', kind: 'deal-registration', partner: 'bolt', account: { domain: 'siemens.com' } } as const;
    const under = rules(100, [{ ...claim, from: now, until: Date.UTC(2026, 3, 15) }]);
    const siemens = lead({ companyDomain: 'siemens.com' });
    const claimed =
      "bolt registered a deal with siemens.com on 2026-01-15: the account's leads are offered to it first, outside the promise, until 2026-04-14.";
    const protectedLead = recordedBy(under, [siemens]);
    expect(why(protectedLead, 'bolt')).toEqual({ decision: [claimed], party: ['bolt got it.'], refusals: [] });
    const hidden = (id: string) => (id === 'acme' ? id : 'another partner');
    expect(why(protectedLead, 'acme', hidden)).toEqual({
      decision: [claimed.replace('bolt', 'another partner')],
      party: ['The account is protected: the partner that claimed it first is offered its leads.'],
      refusals: ['protected-account'],
    });
    expect(why(protectedLead, DIRECT).refusals).toEqual(['protected-account']);

    expect(why(recordedBy(under, [siemens, siemens]), 'bolt')).toMatchObject({
      decision: [
        `${claimed} bolt had reached one of its caps. So the lead is everybody's.`,
        'The named-account list named (version 2, entry siemens.com) reserves it for direct, outside the promise. Before it the list had taken 0 of 1 leads of grade B; its ceiling is 100 %.',
      ],
    });
    const record = rules(100, [{ ...claim, kind: 'partner-of-record', from: now }]);
    expect(why(recordedBy(record, [siemens])).decision).toEqual([
      "bolt is the partner of record of siemens.com since 2026-01-15: the account's leads are offered to it first, outside the promise.",
    ]);
  });

  it('says why a lead is nobody’s', () => {
    expect(why(recorded(lead({}, { state: 'not-qualified', grade: null })), 'acme')).toMatchObject({
      decision: ['It is not qualified, so nobody gets it as if it were a lead.'],
      party: ['acme did not get it, because nobody did.'],
    });
  });

  it('lists two hundred of those who could take it, the one that got it among them, and counts the others', () => {
    const many = Array.from({ length: 300 }, (_, index) => `partner-${String(index).padStart(3, '0')}`);
    const under = { ...rules(), roster: new Roster(many.map((id) => partnerOf(id, { name: id, tier: 'gold' }))) };
    const { weighed } = recordedBy(
      under,
      Array.from({ length: 450 }, () => lead()),
    );
    expect(weighed.able).toHaveLength(200);
    expect(weighed.unlisted).toBe(100);
    // The later ones have their turn too, and are listed then.
    const last = weigh(lead(), under, newRoutingState(), now, 'partner-299');
    expect(last.able.map(({ id }) => id)).toEqual([...many.slice(0, 199), 'partner-299']);
  });

  it('says that a person decided', () => {
    const state: RoutingState = newRoutingState();
    const [each, under] = [lead(), rules()];
    const { data } = overrideLead(each, 'coil', 1, under, state, now);
    const weighed = weigh(each, under, state, now, data.to);
    const decision: RecordedDecision = { lead: each, weighed, told: { outcome: 'routed', data } };
    expect(why(decision, 'coil').party).toEqual(['coil got it.']);
    expect(why(decision, 'acme').party[0]).toContain('because a person decided');
  });
});
