/** What the first screens ask for, said apart from them: it is asked before they are here. Nothing is imported for it. */
export const OVERVIEW_MINUTES = 60;
export const WEEK_MINUTES = 10_080;
/** Who has more leads than this that wait for something begins with these. */
const AT_ONCE = 50;

/** Of a partner's leads those that wait for its answer, and those that it has said nothing of for so long that somebody else would have called. */
export const WAITING = {
  offered: { state: 'offered', limit: AT_ONCE },
  silent: { silentFor: '7d', limit: AT_ONCE },
} as const;
export const ANY_PARKED = { limit: 100 };

/** The same as addresses, as the page's client makes them. */
export const first = {
  overview: (role: string): string[] => [
    `/v1/flow?minutes=${OVERVIEW_MINUTES}`,
    ...(mayRedrive(role) ? [`/v1/parked?limit=${ANY_PARKED.limit}`] : []),
  ],
  today: (partner: string): string[] => [
    `/v1/leads?state=${WAITING.offered.state}&limit=${WAITING.offered.limit}`,
    `/v1/leads?silentFor=${WAITING.silent.silentFor}&limit=${WAITING.silent.limit}`,
    `/v1/partners/${encodeURIComponent(partner)}/endpoints`,
    `/v1/flow?minutes=${WEEK_MINUTES}`,
  ],
};

export function mayRedrive(role: string): boolean {
  return role === 'admin' || role === 'manager';
}
