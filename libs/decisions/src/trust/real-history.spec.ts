import { parse } from 'csv-parse/sync';
import { sharedData } from '../../test/shared-data.js';
import { decomposeGap, type Gap } from './decompose-gap.js';
import { standardise } from './standardise.js';
import type { Stratum } from './stratum.js';
import { percentileTime, timesToEvent } from './time-to-event.js';

// Real deals and leads that somebody else collected. Each figure is computed once more, plainly, from the rows themselves.

const near = (value: number) => expect.closeTo(value, 9) as number;

function rowsOf(name: string): Record<string, string>[] | undefined {
  const text = sharedData(name);
  return text === undefined ? undefined : parse<Record<string, string>>(text, { columns: true });
}

interface Deal {
  readonly number: string;
  readonly route: string;
  readonly size: string;
  readonly isWon: boolean;
}

describe('deals of a sales team and its channels (../shared/data/ibm_sales_win_loss.csv.gz)', () => {
  const rows = rowsOf('ibm_sales_win_loss.csv.gz');
  const deals = (rows ?? []).map((row): Deal => ({
    number: row['Opportunity Number'] ?? '',
    route: row['Route To Market'] ?? '',
    size: row['Deal Size Category'] ?? '',
    isWon: row['Opportunity Result'] === 'Won',
  }));
  const ofRoute = (route: string) => deals.filter((deal) => deal.route === route);
  const ofSize = (of: readonly Deal[], size: string) => of.filter((deal) => deal.size === size);
  const shareWon = (of: readonly Deal[]) => of.filter(({ isWon }) => isWon).length / of.length;
  const sizes = [...new Set(deals.map(({ size }) => size))];
  const bySize = (of: readonly Deal[]): Stratum[] =>
    sizes.map((name) => {
      const each = ofSize(of, name);
      return { name, trials: each.length, successes: each.filter(({ isWon }) => isWon).length };
    });

  (rows ? it : it.skip)('have the crude and standardised win rates of a plain recomputation', () => {
    const routes = [...new Set(deals.map(({ route }) => route))];
    expect(routes.toSorted()).toEqual(['Fields Sales', 'Other', 'Reseller', 'Telecoverage', 'Telesales']);
    for (const route of routes) {
      const own = ofRoute(route);
      // Every deal of all routes counts as its size’s rate at this one: their mean, with neither weights nor groups.
      const rateOf = new Map(sizes.map((size) => [size, shareWon(ofSize(own, size))]));
      const plain = deals.reduce((sum, { size }) => sum + (rateOf.get(size) ?? 0), 0) / deals.length;
      const { rate, covered } = standardise(bySize(own), bySize(deals));
      expect({ ...rate, covered }).toMatchObject({ value: near(plain), trials: own.length, covered: 1 });
      expect(rate.successes / rate.trials).toBeCloseTo(shareWon(own), 9);
    }
  });

  (rows ? it : it.skip)('have a gap between the team and its resellers that a plain recomputation splits alike', () => {
    const [team, resellers] = [ofRoute('Fields Sales'), ofRoute('Reseller')];
    let [leads, work] = [0, 0];
    for (const size of sizes) {
      const [one, other] = [ofSize(team, size), ofSize(resellers, size)];
      const [share1, share2] = [one.length / team.length, other.length / resellers.length];
      leads += (share1 - share2) * ((shareWon(one) + shareWon(other)) / 2);
      work += (shareWon(one) - shareWon(other)) * ((share1 + share2) / 2);
    }
    expect(decomposeGap(bySize(team), bySize(resellers))).toMatchObject({
      gap: { value: near(shareWon(team) - shareWon(resellers)) },
      betterLeads: { value: near(leads) },
      betterWork: { value: near(work) },
    });
  });

  (rows ? it : it.skip)('show no better work of a team that is sent the best quarter, whoever closed them', () => {
    // A score that knows the size alone, and no route; of the same score the lower number goes first.
    const score = new Map(sizes.map((size) => [size, shareWon(ofSize(deals, size))]));
    const best = deals.toSorted(
      (left, right) =>
        (score.get(right.size) ?? 0) - (score.get(left.size) ?? 0) || Number(left.number) - Number(right.number),
    );
    const quarter = Math.floor(best.length / 4);
    const [direct, partners] = [bySize(best.slice(0, quarter)), bySize(best.slice(quarter))];
    const { gap, betterWork } = decomposeGap(direct, partners) as Gap;
    expect(gap.low).toBeGreaterThan(0.1);
    expect([betterWork.low <= 0, betterWork.high >= 0]).toEqual([true, true]);
    const [one, other] = [direct, partners].map((side) => standardise(side, bySize(deals)).rate);
    expect(Number(one?.low)).toBeLessThan(Number(other?.high));
    expect(Number(other?.low)).toBeLessThan(Number(one?.high));
  });
});

describe('leads of a market place (../shared/data/olist_mql.csv, olist_closed_deals.csv)', () => {
  const DAY_MS = 86_400_000;
  const leads = rowsOf('olist_mql.csv');
  const closed = rowsOf('olist_closed_deals.csv');
  const dayOf = (text: string) => Math.floor(Date.parse(`${text.slice(0, 10)}T00:00:00Z`) / DAY_MS);
  const wonOn = new Map(closed?.map((row) => [row['mql_id'], dayOf(row['won_date'] ?? '')]));
  const lastDay = Math.max(...wonOn.values(), ...(leads ?? []).map((row) => dayOf(row['first_contact_date'] ?? '')));
  // Before 2017-12-05 no deal was noted as won, so leads of 2017 are cut off.
  const followed = leads
    ?.filter((row) => (row['first_contact_date'] ?? '') >= '2018-01-01')
    .map((row) => {
      const [from, won] = [dayOf(row['first_contact_date'] ?? ''), wonOn.get(row['mql_id'] ?? '')];
      // A deal that is dated before the contact that it came from was won on its day.
      return { origin: row['origin'] ?? '', days: Math.max(0, (won ?? lastDay) - from), isWon: won !== undefined };
    });
  const durations = (of: NonNullable<typeof followed>) => ({
    happened: of.filter(({ isWon }) => isWon).map(({ days }) => days),
    open: of.filter(({ isWon }) => !isWon).map(({ days }) => days),
  });

  (leads && closed ? it : it.skip)('take as long to close as a plain recomputation says', () => {
    const all = followed ?? [];
    const curve = timesToEvent(durations(all));
    expect(curve.length).toBeGreaterThan(20);
    let [survival, hazard] = [1, 0];
    for (const { time, atRisk, happened, share, low, high } of curve) {
      const there = all.filter(({ days }) => days >= time).length;
      const won = all.filter(({ days, isWon }) => isWon && days === time).length;
      survival *= 1 - won / there;
      hazard += won / (there * (there - won));
      // exp(−exp(log(−log S) ∓ 1.96·σ)), as Kalbfleisch and Prentice write it.
      const limit = (sign: 1 | -1) =>
        1 -
        Math.exp(
          -Math.exp(
            Math.log(-Math.log(survival)) + (sign * 1.959963984540054 * Math.sqrt(hazard)) / Math.log(survival),
          ),
        );
      expect({ atRisk, happened, share, low, high }).toEqual({
        ...{ atRisk: there, happened: won },
        ...{ share: near(1 - survival), low: near(limit(1)), high: near(limit(-1)) },
      });
    }
  });

  (leads && closed ? it : it.skip)('are not called lost because they are young', () => {
    const all = followed ?? [];
    const naive = all.filter(({ isWon }) => isWon).length / all.length;
    const curve = timesToEvent(durations(all));
    expect(curve.at(-1)?.share).toBeGreaterThan(naive);
    expect(percentileTime(curve, 0.5)).toEqual({ time: null, low: null, high: null });
    for (const of of Map.groupBy(all, ({ origin }) => origin).values()) {
      const [last] = timesToEvent(durations(of)).slice(-1);
      const won = of.filter(({ isWon }) => isWon).length;
      if (last) expect(last.share).toBeGreaterThanOrEqual(won / of.length - 1e-12);
    }
  });
});
