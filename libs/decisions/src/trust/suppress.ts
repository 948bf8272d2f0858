import { DIRECT } from '../route/party.js';

/**
 * Of something that was counted, how much belongs to each of the other partners: all but the one that looks. Who looks knows its own part and
 * subtracts it, so it is never among them.
 */
export type Behind = ReadonlyMap<string, number>;

/** Whether a count with this behind it may be shown. */
export type Rule = (behind: Behind) => boolean;

/** Leads. Fewer are recognised one by one. */
const LEAST_LEADS = 5;
/**
 * Of the largest of them: what the rest has to come to, so that the total is no close estimate of that one. So there is a rest: with one other
 * partner behind it, a total less one's own is that partner's figure.
 */
const LEAST_REST_PERCENT = 10;

/**
 * Whether a total may be shown to a partner: at least two others are behind it, at least five leads of theirs, and the largest of them leaves
 * to the rest at least a tenth of what it has itself. Nothing at all may not be shown either: that all others together have none says that
 * each has none.
 *
 * These are the minimum frequency rule and the p % rule of statistical disclosure control: Hundepool, A. et al. (2012): Statistical Disclosure
 * Control, Wiley, chapter 4; the same in the ESSnet Handbook on Statistical Disclosure Control, version 1.2 (2010), chapter 4.
 *
 * **Totals that may be shown can be added up**: the rest of a sum is the sum of the rests at least, and its largest no more than the sum of the
 * largests. So whoever knows several disjoint totals of this kind can make of them nothing by addition that may not be shown. What
 * may be made by subtraction is for the three functions below: each shows a count only if what it leaves of the others may be shown as well (complementary
 * suppression). What is shown of leads divided in one way (by how far they came, by grade) is then sums of disjoint blocks that may each be shown,
 * and what is withheld cuts a block in two: nobody can tell where. Of leads divided in two ways only the margins are known, and from margins that each
 * have five leads and leave five, no cell between them follows.
 */
export const mayBeShown: Rule = (behind) => {
  let [leads, largest] = [0, 0];
  for (const count of behind.values()) {
    // Against the rules of the lifecycle, as a difference of two counts; what it would tell is not known here.
    if (count < 0) return false;
    leads += count;
    largest = Math.max(largest, count);
  }
  return leads >= LEAST_LEADS && (leads - largest) * 100 >= largest * LEAST_REST_PERCENT;
};

/**
 * Which of these counts may be shown, each being a part of the one before it: offers, those accepted, those won.
 * @param chain  the first is the whole; without it nothing is shown
 * @param priority  what is shown rather than another, where both together would tell their difference
 */
export function shownOfChain<Name extends string>(
  chain: readonly (readonly [Name, Behind])[],
  priority: readonly Name[],
  rule: Rule,
): ReadonlySet<Name> {
  const shown = new Set<Name>();
  const [whole] = chain;
  if (!whole || !rule(whole[1])) return shown;
  shown.add(whole[0]);
  for (const name of priority) {
    const at = chain.findIndex(([each]) => each === name);
    const behind = chain[at]?.[1];
    if (behind === undefined) continue;
    const above = chain.slice(0, at).findLast(([each]) => shown.has(each))?.[1];
    const below = chain.slice(at + 1).find(([each]) => shown.has(each))?.[1];
    if (above && rule(less(above, behind)) && rule(below ? less(behind, below) : behind)) shown.add(name);
  }
  return shown;
}

/**
 * Which of these counts may be shown beside the whole, none of them having anything in common with another. Those before go first.
 * @param whole  is shown
 */
export function shownOfParts<Name extends string>(
  whole: Behind,
  parts: readonly (readonly [Name, Behind])[],
  rule: Rule,
): ReadonlySet<Name> {
  const shown = new Set<Name>();
  let rest = whole;
  for (const [name, part] of parts) {
    const left = less(rest, part);
    if (!rule(part) || !rule(left)) continue;
    shown.add(name);
    rest = left;
  }
  return shown;
}

/**
 * Puts neighbours together until each group may be shown, and what is left over at the end with the last group.
 * @returns none where not even all of them together may be shown
 */
export function mergedUntil<Cell>(
  cells: readonly Cell[],
  mayShow: (group: readonly Cell[]) => boolean,
): readonly (readonly Cell[])[] {
  const groups: Cell[][] = [];
  let group: Cell[] = [];
  for (const cell of cells) {
    group = [...group, cell];
    if (!mayShow(group)) continue;
    groups.push(group);
    group = [];
  }
  if (group.length === 0) return groups;
  const last = [...(groups.pop() ?? []), ...group];
  return mayShow(last) ? [...groups, last] : [];
}

/** What is left of each one's part. */
export function less(whole: Behind, part: Behind): Behind {
  return new Map([...whole].map(([party, count]) => [party, count - (part.get(party) ?? 0)]));
}

/**
 * Whose figures a partner is shown in a report of whatever days, pools, sources and kinds: its own and direct's. Of all partners together such reports would
 * tell, by the difference of two, what single others did, and each tells many counts of which there are none. So it is told of these in
 * scorecards alone.
 */
export function isShownTo(partner: string, party: string): boolean {
  return party === partner || party === DIRECT;
}
