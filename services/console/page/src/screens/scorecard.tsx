import { Text } from '@mantine/core';
import { Figure } from '../charts/figure.js';
import { shareOf } from '../charts/figure-table.js';
import { MeasuresChart } from '../charts/measures-chart.js';
import { PromiseChart } from '../charts/promise-chart.js';
import { EmptyNote } from '../shell/notes.js';
import { percent } from '../words/numbers.js';
import { ofWhat } from './of-what.js';
import { promiseInWords } from './promise-words.js';
import {
  counted,
  findingOfParty,
  findingOfVendor,
  keptByParties,
  keptByVendor,
  type Measure,
  measuresTable,
  promises,
  returnsInWords,
  type Scorecard,
  shareInWords,
  type Told,
  type Whose,
  whyWithheld,
} from './scorecard-words.js';
import { TOO_FEW } from './too-few.js';

/**
 * The party and the vendor's own people in the same words, beside all partners together.
 * @param when  the quarter, as it stands in a sentence
 */
export function OneScorecard({ card, name, when }: { card: Scorecard; name: string; when: string }) {
  const names = columnsOf(card, name);
  if (card.vendor.delivered.own.trials === 0)
    return (
      <EmptyNote title="Nothing in this quarter">
        {name} was offered no lead in {when}. Its scorecard begins with the first one; another quarter may have some.
      </EmptyNote>
    );
  const withheld = whyWithheld(card);
  return (
    <>
      <Text>
        Of the offers made in {when}, whatever became of them since, all measured alike for {name} and for the vendor.
      </Text>
      <Figure
        name="party"
        ofWhat={ofScorecard(card)}
        title={`What ${name} promised, and kept`}
        finding={findingOfParty(card, name)}
        table={measuresTable(keptByParties(card), names)}
        note="Bars of one measure have one scale. Lines are 95 % intervals; where those of two parties meet, chance explains what is between them."
      >
        <Measures measures={keptByParties(card)} names={names} label={`What ${name} kept, beside the vendor`} />
      </Figure>
      <Figure
        name="vendor"
        ofWhat={ofScorecard(card)}
        title={`What the vendor promised ${name}, and kept`}
        finding={findingOfVendor(card, name)}
        table={measuresTable(keptByVendor(card), names)}
        note={returnsInWords(card.vendor.returns)}
      >
        <Measures measures={keptByVendor(card)} names={names} label={`What the vendor gave ${name}, and others`} />
      </Figure>
      <Promises card={card} name={name} />
      {withheld === undefined ? null : (
        <Text size="sm" c="dimmed">
          {withheld}
        </Text>
      )}
    </>
  );
}

function Promises({ card, name }: { card: Scorecard; name: string }) {
  const shares = promises(card);
  if (shares.length === 0)
    return (
      <EmptyNote title="Not told">
        No share of a grade is told for this quarter: there were no leads under the promise, or it would tell what
        another partner did.
      </EmptyNote>
    );
  return (
    <Figure
      name="promised"
      ofWhat={ofScorecard(card)}
      title="Shares promised to partners, and received"
      finding={promiseInWords(shares)}
      table={{
        columns: ['Grade', 'Promised to partners', 'Partners received', 'Low', 'High', `Of it ${name}`, 'Leads'],
        rows: shares.map(({ name: grade, promised, value, low, high, own, n }) => [
          grade,
          shareOf(promised),
          shareOf(value),
          shareOf(low),
          shareOf(high),
          shareOf(own.value),
          n,
        ]),
      }}
      note={`Bar: what partners received of a grade, with its 95 % interval. Tick: what they were promised. ${name} had ${shares
        .map(({ name: grade, own }) => `${percent(own.value)} of ${grade}`)
        .join(', ')}.`}
    >
      <PromiseChart shares={shares} label="Share of each grade that partners received, with a tick for the promise" />
    </Figure>
  );
}

function ofScorecard({ partner, from, to, asOf }: Scorecard) {
  return ofWhat({ partner, from, to }, asOf);
}

type Names = readonly (readonly [Whose, string])[];

function columnsOf({ partner }: Scorecard, name: string): Names {
  return partner === 'direct'
    ? [
        ['own', name],
        ['partners', 'All partners'],
      ]
    : [
        ['own', name],
        ['direct', 'The vendor’s own sales'],
        ['partners', 'All partners'],
      ];
}

const SIDES = { own: 'channel', direct: 'direct', partners: 'neutral' } as const;

function Measures({ measures, names, label }: { measures: readonly Measure[]; names: Names; label: string }) {
  return (
    <MeasuresChart
      label={label}
      columns={names.map(([party, name]) => ({ name, side: SIDES[party] }))}
      rows={measures.map((measure) => ({
        name: measure.name,
        cells: names.map(([party]) => ({
          ...drawn(measure[party]),
          counted: counted(measure[party]),
          says: shareInWords(measure[party]),
        })),
      }))}
    />
  );
}

/** Too few are not drawn: a long bar with a longer line says nothing, and looks as if it did. */
function drawn(told: Told) {
  if (typeof told === 'string' || told.trials < TOO_FEW) return {};
  const { value, low, high } = told;
  return value === null || low === null || high === null ? {} : { drawn: { value, low, high } };
}
