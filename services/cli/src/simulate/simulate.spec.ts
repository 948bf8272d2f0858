import { readPolicy } from '@fairlead/decisions';
import { canBeChance, type Figures } from './figures.js';
import { marketQuarter } from './market.js';
import { defaultParameters, type Parameters } from './parameters.js';
import { type Count, kinds, Play, rosterOf } from './play.js';
import { builtIn, played } from './policies.js';
import { honestSentence, naiveSentence } from './sentences.js';
import { type PolicyOutcome, type Setting, simulate } from './simulate.js';

/** Small enough to be quick, with as many leads for each partner as by default. */
const small: Setting = { seed: 1, quarters: 8, leads: 300, partners: 1, parameters: defaultParameters };
const both = [builtIn.legacy, builtIn.fair] as const;

describe('the spiral', () => {
  const seeds = Array.from({ length: 20 }, (_, index) => index + 1);
  let legacy: readonly PolicyOutcome[] = [];
  let fair: readonly PolicyOutcome[] = [];
  beforeAll(() => {
    const runs = seeds.map((seed) => simulate({ ...small, seed }, both).policies as [PolicyOutcome, PolicyOutcome]);
    [legacy, fair] = [runs.map(([one]) => one), runs.map(([, other]) => other)];
  });

  it('under legacy has direct turn 30 % of its leads into opportunities and 30 % of those into revenue, whatever the seed', () => {
    // Of 1,100 leads and 330 opportunities: standard errors of 1.4 and 2.5 points.
    for (const { total } of legacy) {
      expect(within(total.direct.opportunities, 0.25, 0.35)).toBe(true);
      expect(within(total.direct.wonOfOpportunities, 0.21, 0.39)).toBe(true);
    }
    expect(meanOf(legacy, ({ total }) => total.direct.opportunities.value)).toBeCloseTo(0.3, 1.7);
    expect(meanOf(legacy, ({ total }) => total.direct.wonOfOpportunities.value)).toBeCloseTo(0.3, 1.7);
  });

  it('under legacy leaves partners near nothing in the end, and the plain report blames them', () => {
    for (const { lastYear } of legacy) {
      expect(within(lastYear.channel.opportunities, 0, 0.04)).toBe(true);
      expect(naiveSentence(lastYear)).toContain('predictably amazing, partners are a black hole');
    }
  });

  it('under legacy has direct take all A and B leads in the end, and some 40 % of what partners get be no lead at all', () => {
    for (const { lastYear, total } of legacy) {
      const { A, B, incomplete, 'not-qualified': none } = lastYear.kinds;
      expect((A.direct + B.direct) / (A.leads + B.leads)).toBeGreaterThan(0.97);
      const notActionable = (incomplete.channel + none.channel) / lastYear.channel.given;
      expect(notActionable).toBeGreaterThan(0.33);
      expect(notActionable).toBeLessThan(0.47);
      expect(total.kinds.A.named).toBeGreaterThan(0);
    }
  });

  it('under legacy has partners follow up less round after round', () => {
    const followUp = followUpByQuarter(legacy);
    expect(followUp[0]).toBeCloseTo(0.6, 1);
    // Of twenty seeds together a quarter’s share has a standard error of 0.8 points, and a difference one of 1.1.
    for (const [quarter, share] of followUp.entries())
      if (quarter > 0) expect(share).toBeLessThan((followUp[quarter - 1] ?? 0) + 0.022);
    expect(followUp.at(-1)).toBeLessThan(0.42);
  });

  it('under fair has the same partners follow up as well as anybody within a year', () => {
    const followUp = followUpByQuarter(fair);
    expect(followUp[0]).toBeCloseTo(0.6, 1);
    for (const share of followUp.slice(4)) expect(share).toBeGreaterThan(0.85);
  });

  it('under fair has nobody work better, like for like, in the last year', () => {
    const told = fair.filter(
      ({ lastYear: { apart } }) => !apart.opportunities || !canBeChance(apart.opportunities.betterWork),
    );
    // Of twenty 95 % intervals one is expected to leave 0 out; more than three of twenty would in 1.6 % of cases.
    expect(told.length).toBeLessThanOrEqual(3);
    expect(Math.abs(meanOf(fair, ({ lastYear }) => lastYear.apart.opportunities?.betterWork.value ?? 1))).toBeLessThan(
      0.012,
    );
    const honest = fair
      .map(honestSentence)
      .filter((sentence) => sentence.includes('no difference in the work can be told from chance'));
    expect(honest.length).toBe(seeds.length - told.length);
  });

  it('under legacy tells better leads from better work, which add up to what the plain report compares', () => {
    expect(meanOf(legacy, ({ total }) => total.apart.opportunities?.betterLeads.value ?? NaN)).toBeGreaterThan(0.12);
    for (const { quarters } of legacy)
      for (const { apart, direct, channel } of quarters) {
        const { gap, betterLeads, betterWork } = apart.opportunities ?? {};
        expect(gap?.value).toBeCloseTo((direct.opportunities.value ?? NaN) - (channel.opportunities.value ?? NaN), 12);
        expect((betterLeads?.value ?? NaN) + (betterWork?.value ?? NaN)).toBeCloseTo(gap?.value ?? NaN, 12);
      }
  });

  it('gives every lead to one party or to nobody, and counts each once', () => {
    for (const { quarters, total, lastYear } of [...legacy, ...fair]) {
      for (const figures of quarters) expect(addsUp(figures)).toBe(small.leads);
      expect(addsUp(total)).toBe(small.leads * small.quarters);
      expect(addsUp(lastYear)).toBe(small.leads * 4);
      expect(total.revenue).toBe(quarters.reduce((sum, { revenue }) => sum + revenue, 0));
    }
    for (const { total } of legacy) expect(kinds.map((kind) => total.kinds[kind].nobody)).toEqual([0, 0, 0, 0, 0, 0]);
    for (const { total } of fair) {
      const { leads, nobody } = total.kinds['not-qualified'];
      expect(nobody).toBe(leads);
    }
  });
});

describe('what is played', () => {
  it('comes to the same figures on every machine: they change with the decisions, or what is assumed, and with nothing else', () => {
    const run = () => simulate({ ...small, quarters: 3, partners: 3 }, both);
    const first = run();
    expect(JSON.stringify(run())).toBe(JSON.stringify(first));
    const other = simulate({ ...small, quarters: 3, partners: 3, seed: 2 }, both);
    expect(other.policies[0]?.total.revenue).not.toBe(first.policies[0]?.total.revenue);
    expect(
      first.policies.map(({ total: { revenue, direct, channel } }) => [revenue, direct.given, channel.given]),
    ).toEqual(PINNED);
  });

  it('brings as much to the euro under every policy when nobody minds what they get, and all sell alike', () => {
    const parameters = { ...defaultParameters, elasticity: 0 };
    const [legacy, fair] = simulate({ ...small, parameters }, both).policies;
    expect(legacy?.total.revenue).toBeGreaterThan(0);
    expect(fair?.total.revenue).toBe(legacy?.total.revenue);
  });

  it('brings more under legacy where direct makes much more of the same leads: fair does not win by how it is set up', () => {
    const parameters = { ...defaultParameters, skillDirect: 2 };
    const [legacy, fair] = simulate({ ...small, parameters }, both).policies;
    expect(legacy?.total.revenue).toBeGreaterThan((fair?.total.revenue ?? Infinity) * 1.03);
  });

  it('says how it would be otherwise: at least once legacy earns more, and at least once fair', () => {
    const { sensitivity } = simulate({ ...small, quarters: 4 }, both, { withSensitivity: true });
    const all = [
      ...(sensitivity?.byElasticityAndSkill.flat() ?? []),
      ...(sensitivity?.byExpected.map(({ more }) => more) ?? []),
    ];
    expect(all).toHaveLength(16);
    expect(all.some((more) => (more ?? 0) < -0.03)).toBe(true);
    expect(all.some((more) => (more ?? 0) > 0.03)).toBe(true);
    expect(sensitivity?.byElasticityAndSkill[0]?.[1]).toBe(0);
  });

  it('tells how far it is, up to the end', () => {
    const told: [number, number][] = [];
    simulate({ ...small, quarters: 2 }, both, {
      withSensitivity: true,
      onProgress: (done, of) => told.push([done, of]),
    });
    expect(told.at(-1)?.[0]).toBe(told.at(-1)?.[1]);
    expect(told.map(([done]) => done)).toEqual(told.map(([done]) => done).toSorted((a, b) => a - b));
  });
});

describe('a vendor that is played', () => {
  const play = (which: keyof typeof builtIn, partners: number, parameters: Partial<Parameters> = {}) =>
    new Play(builtIn[which], rosterOf(partners), { ...defaultParameters, ...parameters });
  const market = (quarter: number, leads = 400) => marketQuarter(5, quarter, leads, defaultParameters);
  const given = (counts: readonly Count[], is: (count: Count) => boolean, name: 'given' | 'named' = 'given') =>
    counts.filter(is).reduce((sum, count) => sum + count[name], 0);

  it('strays nowhere a whole lead from what fair promises: half to each side of every grade, and to partners by their tier', () => {
    const [vendor, all] = [play('fair', 6), [] as Count[]];
    const weights = [3, 2, 1, 3, 2, 1];
    for (let quarter = 0; quarter < 4; quarter += 1) {
      all.push(...vendor.playQuarter(market(quarter)).counts);
      for (const kind of kinds) {
        const [direct, channel] = [true, false].map((isDirect) =>
          given(all, (each) => each.kind === kind && each.party !== null && (each.party === 'direct') === isDirect),
        ) as [number, number];
        const named = given(all, (each) => each.kind === kind, 'named');
        expect(Math.abs(direct - named - (direct - named + channel) / 2)).toBeLessThanOrEqual(0.5);
        weights.forEach((weight, index) => {
          const got = given(all, (each) => each.kind === kind && each.party === `partner-${index + 1}`);
          expect(Math.abs(got - (channel * weight) / 12)).toBeLessThan(1);
        });
      }
    }
  });

  it('lets the list take no more than its ceiling under fair, and all of A and B that direct writes onto it under legacy', () => {
    const [fair, legacy] = [play('fair', 3, { listBegin: 1 }), play('legacy', 3, { listBegin: 1 })].map(
      (vendor) => vendor.playQuarter(market(0)).counts,
    ) as [readonly Count[], readonly Count[]];
    for (const kind of kinds) {
      const leads = given(fair, (each) => each.kind === kind);
      expect(given(fair, (each) => each.kind === kind, 'named')).toBeLessThanOrEqual(leads / 10);
    }
    for (const kind of ['A', 'B']) {
      expect(given(legacy, (each) => each.kind === kind && each.party !== 'direct')).toBe(0);
      expect(given(legacy, (each) => each.kind === kind, 'named')).toBe(given(legacy, (each) => each.kind === kind));
    }
  });

  it('writes more accounts onto the list the further direct was ahead in the plain report', () => {
    const vendor = play('legacy', 3);
    const reaches = [0, 1, 2, 3].map((quarter) => {
      const { list, counts } = vendor.playQuarter(market(quarter));
      const rateOf = (isDirect: boolean) => {
        const side = counts.filter(({ party }) => (party === 'direct') === isDirect);
        return (
          side.reduce((sum, { qualified }) => sum + qualified, 0) / side.reduce((sum, each) => sum + each.given, 0)
        );
      };
      return { reach: list.reach, gap: rateOf(true) - rateOf(false) };
    });
    expect(reaches[0]?.reach).toBe(0.5);
    for (const [quarter, { reach }] of reaches.entries()) {
      const before = reaches[quarter - 1];
      if (before) expect(reach).toBeCloseTo(Math.min(1, before.reach + before.gap / 2), 12);
    }
  });

  it('hands leads that are none to partners under legacy, in turn, and to nobody under any other policy', () => {
    const none = (counts: readonly Count[]) =>
      counts.filter(({ kind }) => kind === 'not-qualified').map(({ party, given: leads }) => [party, leads] as const);
    const legacy = none(play('legacy', 3).playQuarter(market(0)).counts);
    expect(legacy.map(([party]) => party).toSorted((a, b) => ((a ?? '') < (b ?? '') ? -1 : 1))).toEqual([
      'partner-1',
      'partner-2',
      'partner-3',
    ]);
    const [least, most] = [Math.min, Math.max].map((of) => of(...legacy.map(([, leads]) => leads))) as [number, number];
    expect(most - least).toBeLessThanOrEqual(1);
    expect(none(play('fair', 3).playQuarter(market(0)).counts).map(([party]) => party)).toEqual([null]);
  });

  it('plays any policy that can be published, by its own words', () => {
    const reading = readPolicy({
      name: 'all-to-partners',
      pools: [{ id: 'all', match: {}, promise: { direct: 0, channel: 100 }, incomplete: { then: 'nurture' } }],
    });
    if (!reading.ok) throw new Error('no policy');
    const vendor = new Play(played(reading.document), rosterOf(3), defaultParameters);
    const { counts, list } = vendor.playQuarter(market(0));
    expect(given(counts, ({ party }) => party === 'direct')).toBe(0);
    expect(given(counts, ({ kind, party }) => kind === 'incomplete' && party !== null)).toBe(0);
    expect(list.entries).toBe(0);
  });
});

describe('a market', () => {
  it('brings the same leads and the same luck for the same seed, better ones with better grades, and nothing from who is no customer', () => {
    const leads = marketQuarter(3, 0, 800, defaultParameters);
    expect(marketQuarter(3, 0, 800, defaultParameters)).toEqual(leads);
    expect(marketQuarter(4, 0, 1, defaultParameters)[0]?.quality).not.toBe(leads[0]?.quality);
    const quality = (is: (lead: (typeof leads)[number]['lead']) => boolean) => {
      const some = leads.filter(({ lead }) => is(lead));
      return some.reduce((sum, each) => sum + each.quality, 0) / some.length;
    };
    const [a, b, c, d] = (['A', 'B', 'C', 'D'] as const).map((grade) => quality((lead) => lead.grade === grade));
    expect([a, b, c, d]).toEqual([a, b, c, d].toSorted((x, y) => (y ?? 0) - (x ?? 0)));
    expect(quality(({ state }) => state === 'not-qualified')).toBe(0);
    // What shows of an incomplete lead is as good as of any other, but nobody can be called.
    expect(quality(({ state }) => state === 'incomplete')).toBeCloseTo(1 / 3, 1);
  });

  it('lets grades say the less the noisier facts are', () => {
    const spread = (noise: number) => {
      const leads = marketQuarter(3, 0, 600, { ...defaultParameters, noise });
      const of = (grade: string) => leads.filter(({ lead }) => lead.grade === grade);
      const mean = (grade: string) => of(grade).reduce((sum, { quality }) => sum + quality, 0) / of(grade).length;
      return mean('A') - mean('C');
    };
    expect(spread(0)).toBeGreaterThan(spread(0.5) + 0.05);
    expect(spread(0.5)).toBeGreaterThan(spread(1) + 0.05);
    expect(Math.abs(spread(1))).toBeLessThan(0.1);
  });
});

const PINNED = [
  [1362822, 345, 555],
  [1441354, 412, 377],
];

function within({ value }: { readonly value: number | null }, from: number, to: number): boolean {
  return value !== null && value >= from && value <= to;
}

function meanOf(outcomes: readonly PolicyOutcome[], of: (outcome: PolicyOutcome) => number | null): number {
  return outcomes.reduce((sum, outcome) => sum + (of(outcome) ?? NaN), 0) / outcomes.length;
}

function followUpByQuarter(outcomes: readonly PolicyOutcome[]): number[] {
  return Array.from({ length: small.quarters }, (_, quarter) =>
    meanOf(outcomes, ({ quarters }) => quarters[quarter]?.channel.worked.value ?? null),
  );
}

/** @returns how many leads there are, after all ways of counting them came to that */
function addsUp({ leads, kinds: byKind, direct, channel }: Figures): number {
  const all = kinds.map((kind) => byKind[kind]);
  const sum = (name: 'leads' | 'direct' | 'channel' | 'nobody') => all.reduce((total, each) => total + each[name], 0);
  expect([sum('leads'), direct.given + channel.given + sum('nobody')]).toEqual([leads, leads]);
  expect([sum('direct'), sum('channel')]).toEqual([direct.given, channel.given]);
  for (const each of all) expect(each.direct + each.channel + each.nobody).toBe(each.leads);
  return leads;
}
