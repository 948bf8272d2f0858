import { DIRECT } from '../route/party.js';
import { curveOf, percentileTime, type PercentileTime, type TimeCount, type TimePoint } from './time-to-event.js';

/** Of a party's leads, how many it happened to after so many hours, or were followed for so many without. In any order and groups. */
export interface TimedLeads extends TimeCount {
  readonly party: string;
}

/** How long it took, in hours. */
export interface Times {
  readonly leads: number;
  /** To how many it has happened. */
  readonly happened: number;
  /** The time by which it has happened to a quarter of all, to half, to three quarters. */
  readonly quarter: PercentileTime;
  readonly median: PercentileTime;
  readonly threeQuarters: PercentileTime;
  readonly curve: readonly TimePoint[];
}

export interface TimesReport {
  readonly channels: { readonly direct: Times; readonly channel: Times };
  readonly parties: Readonly<Record<string, Times>>;
}

/** The curves of both channels, and of each party. */
export function timesReport(timed: readonly TimedLeads[]): TimesReport {
  const parties = [...Map.groupBy(timed, ({ party }) => party)].sort(([one], [other]) => (one < other ? -1 : 1));
  const isDirect = ({ party }: TimedLeads): boolean => party === DIRECT;
  return {
    channels: {
      direct: timesOf(timed.filter(isDirect)),
      channel: timesOf(timed.filter((each) => !isDirect(each))),
    },
    parties: Object.fromEntries(parties.map(([party, each]) => [party, timesOf(each)])),
  };
}

function timesOf(timed: readonly TimedLeads[]): Times {
  const byTime = new Map<number, TimeCount>();
  let [leads, happened] = [0, 0];
  for (const each of timed) {
    const sum = byTime.get(each.time);
    byTime.set(each.time, {
      time: each.time,
      happened: each.happened + (sum?.happened ?? 0),
      open: each.open + (sum?.open ?? 0),
    });
    leads += each.happened + each.open;
    happened += each.happened;
  }
  const curve = curveOf([...byTime.values()]);
  const [quarter, median, threeQuarters] = [0.25, 0.5, 0.75].map((share) => percentileTime(curve, share)) as [
    PercentileTime,
    PercentileTime,
    PercentileTime,
  ];
  return { leads, happened, quarter, median, threeQuarters, curve };
}
