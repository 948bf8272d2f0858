import type { Schemas } from '../api/schemas.js';
import { type FigureTable, shareOf } from '../charts/figure-table.js';
import { count, percent } from '../words/numbers.js';
import { inWords } from '../words/states.js';
import { TOO_FEW } from './too-few.js';

export type Scorecard = Schemas['ScorecardView'];
export type Rate = Schemas['RateView'];

/** Whose figures stand beside each other. */
export const whose = ['own', 'direct', 'partners'] as const;
export type Whose = (typeof whose)[number];

/**
 * What is told of one rate: it, that there is nothing to be a share of, that it would tell what another partner did, or that it stands in another row:
 * some grades are put together for all partners, and alone for each party.
 */
export type Told = Rate | 'nothing' | 'withheld' | 'elsewhere';

/** One measure of several parties: the same words, and the same count, for each of them. */
export type Measure = { readonly name: string } & Readonly<Record<Whose, Told>>;

const kept = [
  ['answeredInTime', 'Offers answered in time'],
  ['accepted', 'Offers accepted'],
  ['contacted', 'Accepted leads contacted'],
  ['qualified', 'Accepted leads made an opportunity'],
  ['won', 'Accepted leads won'],
  ['lost', 'Accepted leads lost'],
  ['returned', 'Accepted leads returned'],
] as const;

const outside = [
  ['namedAccount', 'Outside the promise, for named accounts'],
  ['protectedAccount', 'Outside it, for protected accounts'],
  ['fallback', 'Outside it, as fallback'],
  ['override', 'Outside it, moved by hand'],
  ['noConsent', 'Outside it, for want of consent'],
] as const;

/** What each party promised by taking part: to answer, to call, to sell. */
export function keptByParties({ party, together }: Scorecard): Measure[] {
  const { qualified, won } = party.likeForLike;
  return [
    ...kept.map(([measure, name]) => measureOf(name, party[measure], together)),
    alikeOf('Made an opportunity, with the same leads', qualified, together),
    alikeOf('Won, with the same leads', won, together),
  ];
}

/** What the vendor gave each of them, and by which way. */
export function keptByVendor({ vendor, together }: Scorecard): Measure[] {
  const { own, partners, direct } = vendor.mix;
  const groups = [...new Set([own, partners, direct].flatMap(Object.keys))].sort();
  const isAlone = (group: string) => !group.includes('+');
  const ofParty = (mix: typeof own, group: string): Told => (isAlone(group) ? tell(mix[group], 'whole') : 'elsewhere');
  const ofPartners = (group: string): Told => {
    if (partners[group] !== undefined) return tell(partners[group], together);
    return Object.keys(partners).some((each) => each.split('+').includes(group)) ? 'elsewhere' : tell(null, together);
  };
  return [
    ...groups.map((group) => ({
      name: gradesInWords(group),
      own: ofParty(own, group),
      direct: ofParty(direct, group),
      partners: ofPartners(group),
    })),
    ...outside.map(([measure, name]) => measureOf(name, vendor.outside[measure], together)).filter(isOfAnybody),
    measureOf('Delivery confirmed', vendor.delivered, together),
  ];
}

/** Shares of one grade that partners received, beside what they were promised, and this party's part of it. */
export function promises({ vendor }: Scorecard) {
  return Object.entries(vendor.promise).flatMap(([grade, { promised, received }]) => {
    const { value, low, high, trials } = received.channel;
    if (value === null || low === null || high === null) return [];
    const share = promised ? promised.channel / 100 : null;
    return [
      {
        name: gradesOf(grade),
        side: 'channel' as const,
        n: trials,
        value,
        low,
        high,
        promised: share,
        own: received.own,
      },
    ];
  });
}

/** How a party did, in a sentence. */
export function findingOfParty(card: Scorecard, name: string): string {
  const { answeredInTime, accepted, likeForLike } = card.party;
  const { trials } = answeredInTime.own;
  if (trials < TOO_FEW)
    return `${name} was offered ${trials === 0 ? 'no leads' : `${count(trials)} ${trials === 1 ? 'lead' : 'leads'}`} that are not open any more: too few to say how it does.`;
  const did = `${name} answered ${percent(answeredInTime.own.value)} of its offers in time and accepted ${percent(accepted.own.value)}.`;
  const [own, direct] = [likeForLike.won.own.standardised, likeForLike.won.direct.standardised];
  if (card.partner === 'direct' || !isEnough(own) || !isEnough(direct)) return did;
  const how = apart(own, direct);
  return `${did} With the same leads ${how === 0 ? 'it cannot be told from direct sales in what it wins.' : `it wins ${how > 0 ? 'more' : 'fewer'} of them than direct sales does.`}`;
}

/** What the vendor gave it, in a sentence: the best leads are what is quarrelled about. */
export function findingOfVendor({ partner, vendor }: Scorecard, name: string): string {
  const [own, direct] = [vendor.mix.own['A'], vendor.mix.direct['A']];
  if (partner === 'direct' || !isEnough(own) || !isEnough(direct))
    return `Of what ${name} was offered there is too little to say whether it was better or worse than what others were.`;
  const how = apart(own, direct);
  return `Of the leads that ${name} was offered ${percent(own.value)} were of grade A, and of those of direct sales ${percent(direct.value)}: ${
    how === 0
      ? 'no more apart than chance explains.'
      : how > 0
        ? 'it got the better ones.'
        : 'direct got the better ones.'
  }`;
}

/** `spam 2, no budget 1; 2 of 3 were never offered to it again` */
export function returnsInWords({ byReason, honoured }: Scorecard['vendor']['returns']): string {
  const reasons = Object.entries(byReason).map(([reason, leads]) => `${inWords(reason)} ${leads}`);
  if (reasons.length === 0) return 'It returned no lead.';
  return `It returned ${reasons.join(', ')}; ${honoured.successes} of ${honoured.trials} were never offered to it again.`;
}

/** Why figures of all partners are missing; undefined where none is. */
export function whyWithheld({ together }: Scorecard): string | undefined {
  return together === 'whole'
    ? undefined
    : 'What is withheld of all partners together would tell what another partner did: there is too little behind it without your own part.';
}

/** `31 of 42`: what a rate was counted from. */
export function counted(told: Told): string {
  return typeof told === 'string' ? '' : `${count(told.successes)} of ${count(told.trials)}`;
}

/** `73.8 % (58.9 to 84.7)`, or in words why it is not there. */
export function shareInWords(told: Told): string {
  if (told === 'withheld') return 'withheld';
  if (told === 'elsewhere') return 'in another row';
  if (told === 'nothing' || told.value === null) return 'nothing to count';
  if (told.trials < TOO_FEW) return 'too few to say';
  return `${percent(told.value)} (${bare(told.low)} to ${bare(told.high)})`;
}

/** The same as a table of numbers: one row for each party of each measure. */
export function measuresTable(measures: readonly Measure[], names: readonly (readonly [Whose, string])[]): FigureTable {
  return {
    columns: ['Measure', 'Party', 'Counted', 'Of', 'Share', 'Low', 'High'],
    rows: measures.flatMap((measure) =>
      names.map(([party, name]) => {
        const told = measure[party];
        if (typeof told === 'string') return [measure.name, name, '', '', shareInWords(told), '', ''];
        const isFew = told.trials < TOO_FEW;
        const [low, high] = isFew ? ['', ''] : [shareOf(told.low), shareOf(told.high)];
        return [
          measure.name,
          name,
          told.successes,
          told.trials,
          isFew ? shareInWords(told) : shareOf(told.value),
          low,
          high,
        ];
      }),
    ),
  };
}

function measureOf(name: string, { own, direct, partners }: Schemas['BesideView'], together: Together): Measure {
  return { name, own: tell(own, 'whole'), direct: tell(direct, 'whole'), partners: tell(partners, together) };
}

/** Compared rates are not there at all where the leads that are compared are too few to be told of. */
function alikeOf(name: string, compared: Schemas['ComparedBesideView'], together: Together): Measure {
  const of = (party: Whose) => tell(compared[party].standardised, together);
  return { name, own: of('own'), direct: of('direct'), partners: of('partners') };
}

type Together = Scorecard['together'];

/** A way that no lead went is not worth a row; one that is withheld may be one that many went. */
function isOfAnybody({ own, direct, partners }: Measure): boolean {
  return [own, direct, partners].some(
    (told) => told === 'withheld' || (typeof told !== 'string' && told.successes > 0),
  );
}

function tell(rate: Rate | null | undefined, together: Together): Told {
  if (rate) return rate.trials === 0 ? 'nothing' : rate;
  return rate === null && together !== 'whole' ? 'withheld' : 'nothing';
}

function isEnough(rate: Rate | null | undefined): rate is Rate {
  return rate !== null && rate !== undefined && rate.trials >= TOO_FEW;
}

/** -1 and 1 where the intervals do not meet: less, and more; 0 where they do, and chance explains the difference. */
function apart(one: Rate, other: Rate): -1 | 0 | 1 {
  if (Number(one.high) < Number(other.low)) return -1;
  return Number(one.low) > Number(other.high) ? 1 : 0;
}

/** `C+D` as it stands beside a bar. */
function gradesOf(group: string): string {
  return group.replace('incomplete', 'no grade').replaceAll('+', ', ');
}

/** The same in a sentence's beginning. */
function gradesInWords(group: string): string {
  const grades = group.split('+').filter((grade) => grade !== 'incomplete');
  if (grades.length === 0) return 'Without a grade';
  return `Of grade ${grades.join(' or ')}${group.endsWith('incomplete') ? ', or without one' : ''}`;
}

function bare(share: number | null): string {
  return percent(share).replace(' %', '');
}
