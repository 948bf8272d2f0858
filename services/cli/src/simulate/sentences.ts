import { percent, points, pointsBetween, whole } from '../report-page/written.js';
import { canBeChance, type Figures, type SideFigures } from './figures.js';
import type { PolicyOutcome, Sensitivity, Simulation } from './simulate.js';

/** What a plain report says: two rates of each side, and no word of what leads they had. */
export function naiveSentence({ direct, channel, apart }: Figures): string {
  const gap = apart.opportunities?.gap;
  if (!gap) return 'One side had no leads: there is nothing to compare.';
  const turns = ({ opportunities, wonOfOpportunities }: SideFigures) =>
    `${percent(opportunities.value)} of their leads into opportunities and ${percent(wonOfOpportunities.value)} of those into revenue`;
  const both = `Direct sales turn ${turns(direct)}; partners turn ${turns(channel)}.`;
  if (canBeChance(gap)) return `${both} Nobody is to blame.`;
  if (gap.value < 0) return `${both} Partners are ahead.`;
  return channel.opportunities.successes * 4 < direct.opportunities.successes
    ? `${both} Direct is predictably amazing, partners are a black hole: they should get fewer of the good leads.`
    : `${both} Direct is ahead: it should get more of the good leads.`;
}

/** What is behind it: who had which leads, what is left with the same grades, and what partners made of what they were given. */
export function honestSentence({ lastYear, quarters }: PolicyOutcome): string {
  const apart = lastYear.apart.opportunities;
  if (!apart) return 'One side had no leads: there is nothing to compare.';
  const { gap, betterLeads, betterWork } = apart;
  const verdict = canBeChance(betterWork)
    ? 'no difference in the work can be told from chance'
    : betterWork.value > 0
      ? 'direct works its leads better'
      : 'partners work their leads better';
  const distance = points(Math.abs(gap.value)).replace('+', '');
  const [good, ofChannel] = goodLeads(lastYear);
  const unknown =
    good > 0 && ofChannel * 20 < good
      ? ` Of ${whole(good)} A and B leads partners had ${whole(ofChannel)}: what they would make of such leads, these figures do not say.`
      : '';
  const [first, last] = [quarters[0], quarters.at(-1)];
  const followUp =
    first && last
      ? ` Partners called ${percent(first.channel.worked.value, 0)} of their leads in the first quarter and ${percent(last.channel.worked.value, 0)} in the last; of those that they called in the last year ${percent(lastYear.channel.opportunitiesOfWorked.value)} became opportunities.`
      : '';
  return (
    `Direct is ${distance} points ${gap.value < 0 ? 'behind' : 'ahead of'} its partners, ${points(betterLeads.value)} by better leads and ` +
    `${pointsBetween(betterWork)} by better work: ${verdict}.${unknown}${followUp}`
  );
}

function goodLeads({ kinds: { A, B } }: Figures): [all: number, channel: number] {
  return [A.leads + B.leads, A.channel + B.channel];
}

/** Which policy came to more, whichever it is, and where it began to. Null for a single policy. */
export function revenueSentence({ policies, quarters }: Simulation): string | null {
  const [one, other] = policies;
  if (!one || !other || policies.length > 2) return null;
  const [more, less] = one.total.revenue > other.total.revenue ? [one, other] : [other, one];
  const by = less.total.revenue === 0 ? '' : `, ${percent(more.total.revenue / less.total.revenue - 1)} more`;
  const first = (outcome: PolicyOutcome) => outcome.quarters[0]?.revenue ?? 0;
  const atFirst =
    quarters > 1 && first(more) < first(less)
      ? ` In the first quarter it was the other way round: ${euros(first(more))} under ${more.name}, ${euros(first(less))} under ${less.name}.`
      : '';
  return (
    `Revenue of all ${whole(quarters)} quarters: ${euros(more.total.revenue)} under ${more.name}, ${euros(less.total.revenue)} under ${less.name}${by}.` +
    atFirst
  );
}

/** Written to a tenth of a percent it would be 0. */
const ALIKE = 0.0005;

/** Where the other policy earns more, in words: the tables say how much. */
export function sensitivitySentence({ byElasticityAndSkill, byExpected }: Sensitivity): string {
  const all = [...byElasticityAndSkill.flat(), ...byExpected.map(({ more }) => more)].filter((more) => more !== null);
  const [fair, legacy] = [all.filter((more) => more >= ALIKE), all.filter((more) => more <= -ALIKE)];
  return (
    `Under these assumptions fair earns more in ${fair.length} of ${all.length} cases, and legacy in ${legacy.length}. ` +
    'Fair pays where partners follow up once their leads are good, and sell about as well as direct. It costs money where direct makes much more of the same leads, ' +
    'and where people expect more of leads than the average lead is: then nobody’s leads are good enough.'
  );
}

/** `EUR 76.4 M` */
export function euros(amount: number): string {
  return amount < 100_000 ? `EUR\u00a0${whole(amount)}` : `EUR\u00a0${(amount / 1_000_000).toFixed(1)}\u00a0M`;
}

/** `+8.4 %`; a dash where there was nothing to be a share of. */
export function moreInPercent(more: number | null): string {
  return more === null ? '–' : `${points(more)}\u00a0%`;
}
