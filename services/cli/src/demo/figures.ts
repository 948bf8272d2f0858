import type { TrustFigures } from '@fairlead/decisions';
import type { Api } from '../api/client.js';

/** What of GET /v1/trust the campaign shows. */
export type Counts = Readonly<Record<Counted, number>>;
const counted = [
  'offered',
  'delivered',
  'accepted',
  'kept',
  'open',
  'qualified',
  'won',
  'lost',
  'declined',
  'expired',
] as const;
type Counted = (typeof counted)[number];

export interface Shares {
  /** Percent; null when no promise is known. */
  readonly promisedDirect: number | null;
  /** Leads under the promise that each side kept. */
  readonly direct: number;
  readonly channel: number;
  /** Leads that stand outside the promise. */
  readonly outside: number;
  /** Of these, direct's because the person has not agreed that partners have it. */
  readonly noConsent: number;
}

/** The system's own figures, as anybody may ask for them. */
export interface CampaignFigures {
  /** By party, then by grade and `all`. */
  readonly parties: Readonly<Record<string, Readonly<Record<string, Counts>>>>;
  /** By grade. */
  readonly shares: Readonly<Record<string, Shares>>;
}

export async function readFigures(api: Api): Promise<CampaignFigures> {
  const { parties, promise } = await api.call<TrustFigures>({ method: 'GET', path: '/v1/trust' });
  return {
    parties: mapped(parties, (grades) => mapped(grades, ({ counts }) => only(counts))),
    shares: mapped(promise, ({ promised, received, outside }) => ({
      promisedDirect: promised?.direct ?? null,
      direct: received.direct.successes,
      channel: received.channel.successes,
      outside:
        outside.namedAccount + outside.protectedAccount + outside.fallback + outside.override + outside.noConsent,
      noConsent: outside.noConsent,
    })),
  };
}

/** What came on top since `before`: the campaign alone, when the system had seen other leads. */
export function since(before: CampaignFigures, after: CampaignFigures): CampaignFigures {
  return {
    parties: mapped(after.parties, (grades, party) =>
      mapped(grades, (counts, grade) => {
        const earlier = before.parties[party]?.[grade];
        return earlier ? only(mapped(counts, (count, name) => count - earlier[name as Counted])) : counts;
      }),
    ),
    shares: mapped(after.shares, (shares, grade) => {
      const earlier = before.shares[grade];
      if (!earlier) return shares;
      const { promisedDirect, direct, channel, outside, noConsent } = shares;
      return {
        promisedDirect,
        direct: direct - earlier.direct,
        channel: channel - earlier.channel,
        outside: outside - earlier.outside,
        noConsent: noConsent - earlier.noConsent,
      };
    }),
  };
}

/** All parties and grades together. */
export function total(figures: CampaignFigures, name: Counted): number {
  return Object.values(figures.parties).reduce((sum, grades) => sum + (grades['all']?.[name] ?? 0), 0);
}

function only(counts: Readonly<Record<string, number>>): Counts {
  return Object.fromEntries(counted.map((name) => [name, counts[name] ?? 0])) as Record<Counted, number>;
}

function mapped<T, R>(record: Readonly<Record<string, T>>, change: (value: T, name: string) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value, name)]));
}
