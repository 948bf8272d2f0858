import type { FromNaiveToAlike } from '../charts/from-naive-to-alike.js';

/** Which partners are better or worse than direct sales with the same leads, as far as so many can tell. */
export function alikeInWords(parties: readonly FromNaiveToAlike[]): string {
  const direct = parties.find(({ side }) => side === 'direct');
  if (!direct)
    return 'Each party beside itself: what a plain report says, and what it would be with everybody’s leads.';
  const partners = parties.filter(({ side }) => side === 'channel');
  const better = partners.filter(({ low }) => low > direct.high);
  const worse = partners.filter(({ high }) => high < direct.low);
  if (better.length + worse.length === 0) return 'With the same leads, no partner can be told from direct sales.';
  const told = [
    ...(better.length > 0 ? [`${named(better)} better than direct sales`] : []),
    ...(worse.length > 0 ? [`${named(worse)} worse${better.length > 0 ? '' : ' than direct sales'}`] : []),
  ].join(', and ');
  const others = partners.length - better.length - worse.length;
  return `With the same leads, ${told}${others === 0 ? '' : `; the other${others === 1 ? '' : 's'} cannot be told from them`}.`;
}

/** `acme is`, `acme and bolt are` */
function named(parties: readonly FromNaiveToAlike[]): string {
  const names = parties.map(({ name }) => name);
  const last = names.pop() ?? '';
  return names.length === 0 ? `${last} is` : `${names.join(', ')} and ${last} are`;
}
