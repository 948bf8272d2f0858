import fc from 'fast-check';
import { advance, type Step } from '../lifecycle/advance.js';
import { newLead, type Offer } from '../lifecycle/standing.js';
import { measures, tallyOf } from '../lifecycle/tally.js';
import { answeredBy, offerTo, standingAfter, steps } from '../../test/lifecycle.fixture.js';
import {
  addedUp,
  addUpByAge,
  ages,
  bucketHours,
  cellsOf,
  type CohortCount,
  cohortDifferences,
  cohortKey,
  cohortMeasures,
  cohortsOf,
  comparedChanges,
  comparedIn,
  comparedMeasures,
  type CohortTally,
  dayName,
  type KindCellCount,
  kindCellsOf,
  kindKey,
  momentsOf,
  monthOf,
  noCohort,
  readCohortKey,
  type TalliesByAge,
  talliesOf,
  tallyWithin,
  timesOf,
} from './cohorts.js';
import { kindOf, readTraits, writeTraits } from './traits.js';

const hour = 3_600_000;
const day = 24 * hour;
const traits = writeTraits('web', { campaign: 'spring', size: 'small', visits: 3, spent: 12.73 });
const offerOf = (...all: readonly Step[]) => standingAfter(...all).offers[0] as Offer;
const said = (type: Parameters<typeof answeredBy>[1], days: number, more = {}) =>
  answeredBy('acme', type, { at: days * day, ...more });
const made = { at: 0, acceptBy: day, traits };

/** What a lead may be like, and all that may happen to it, over months and in any order. */
const lives = () =>
  fc
    .record({
      all: fc.array(steps(), { maxLength: 25 }),
      of: fc.constantFrom(traits, writeTraits('fair', { campaign: 'autumn' }), null),
      scale: fc.constantFrom(1, day / 100),
    })
    .map(({ all, of, scale }) =>
      all.map((step): Step => {
        const at = 'at' in step ? { at: step.at * scale } : {};
        return step.type === 'routed' ? { ...step, ...at, traits: of } : { ...step, ...at };
      }),
    );
/** What it came to by an age, as it is listed. */
const listed = (tallies: TalliesByAge, age: number): CohortTally => {
  const begin = [...ages, Infinity].indexOf(age) * cohortMeasures.length;
  return Object.fromEntries(cohortMeasures.map((measure, at) => [measure, tallies[begin + at]])) as CohortTally;
};
const counted = (offer: Offer) => {
  const cohorts = cohortsOf(offer);
  return { cells: cellsOf(cohorts), kinds: kindCellsOf(cohorts), tallies: talliesOf(cohorts.changes) };
};
const countsOf = (offer: Offer): CohortCount[] => {
  const { cells, tallies } = counted(offer);
  return cells.map((cell) => ({ cell, tallies }));
};
const kindCountsOf = (offer: Offer): KindCellCount[] => {
  const { kinds, tallies } = counted(offer);
  return kinds.map((cell) => ({ cell, tallies: comparedIn(tallies) }));
};
const asRows = <Cell>(
  counts: readonly { readonly cell: Cell; readonly tallies: TalliesByAge }[],
  keyOf: (cell: Cell) => string,
) =>
  addedUp(counts, keyOf)
    .map(({ cell, tallies }) => `${keyOf(cell)} ${JSON.stringify(tallies)}`)
    .sort();

describe('counts of offers by what leads are like, and by age', () => {
  it('are the same kept step by step as counted at the end, and a step changes nothing but its own offers’ cells', () => {
    fc.assert(
      fc.property(lives(), (all) => {
        let standing = newLead;
        const kept = { cohorts: [] as CohortCount[], kinds: [] as KindCellCount[] };
        for (const step of all) {
          const next = advance(standing, step);
          const differences = cohortDifferences(standing.offers, next.offers);
          const changes = addedUp(differences.cohorts, cohortKey);
          const before = new Set(standing.offers);
          const touched = next.offers.filter((offer) => !before.has(offer)).flatMap(countsOf);
          const own = new Set([...touched, ...standing.offers.flatMap(countsOf)].map(({ cell }) => cohortKey(cell)));
          expect(changes.every(({ cell }) => own.has(cohortKey(cell)))).toBe(true);
          if (touched.length === 0) expect(differences).toEqual({ cohorts: [], kinds: [] });
          kept.cohorts.push(...changes);
          kept.kinds.push(...differences.kinds);
          standing = next;
        }
        expect(asRows(kept.cohorts, cohortKey)).toEqual(asRows(standing.offers.flatMap(countsOf), cohortKey));
        expect(asRows(kept.kinds, kindKey)).toEqual(asRows(standing.offers.flatMap(kindCountsOf), kindKey));
      }),
    );
  });

  it('are in each cell what the offer has come to by now, and at an age what had happened by then, whatever comes later', () => {
    fc.assert(
      fc.property(lives(), (all) => {
        for (const offer of standingAfter(...all).offers) {
          const { tallies } = counted(offer);
          const tally = tallyOf(offer);
          for (const measure of measures) expect(listed(tallies, Infinity)[measure]).toBe(tally[measure]);
          for (const age of ages) {
            const by = listed(tallies, age);
            expect(by).toEqual(offer.traits === null ? noCohort : tallyWithin(momentsOf(offer), age));
            expect(by.won <= by.qualified && by.qualified <= by.contacted && by.contacted <= by.accepted).toBe(true);
            expect(by.contacted <= by.reported && by.reported <= by.accepted).toBe(true);
          }
        }
      }),
    );
  });

  it('count a win of the fortieth day among those of sixty, and not of thirty, wherever the lead is counted', () => {
    const offer = offerOf(offerTo('acme', made), said('accepted', 1), said('qualified', 20), said('won', 40));
    const { cells, kinds, tallies } = counted(offer);
    expect(cells.map(({ dimension, value }) => [dimension, value])).toEqual([
      ['', ''],
      ['day', '1970-01-01'],
      ['source', 'web'],
      ['campaign', 'spring'],
    ]);
    expect(kinds.map(({ attribute, source, kind }) => [attribute, source, kind])).toEqual([
      ['campaign', '', 'spring'],
      ['campaign', 'web', 'spring'],
      ['size', '', 'small'],
      ['size', 'web', 'small'],
      ['visits', '', '3'],
      ['visits', 'web', '3'],
    ]);
    expect(cells.map((cell) => readCohortKey(cohortKey(cell)))).toEqual(cells);
    expect(listed(tallies, 60)).toMatchObject({ won: 1, kept: 1 });
    expect(listed(tallies, 30)).toMatchObject({ accepted: 1, qualified: 1, won: 0, kept: 1 });
  });

  it('are by attribute of accepted leads alone, and of no source where none is known', () => {
    const declined = offerOf(offerTo('acme', made), said('declined', 1, { reason: 'capacity' }));
    expect(counted(declined).kinds).toEqual([]);
    const sourceless = { ...made, traits: writeTraits(null, { size: 'small' }) };
    expect(counted(offerOf(offerTo('acme', sourceless), said('accepted', 1))).kinds).toEqual([
      { attribute: 'size', source: '', kind: 'small', month: 0, pool: expect.any(String) as string, party: 'acme' },
    ]);
  });

  it('have by attribute what parties are compared by, and no other measure', () => {
    fc.assert(
      fc.property(lives(), (all) => {
        for (const offer of standingAfter(...all).offers) {
          const { changes } = cohortsOf(offer);
          const compared = [...ages, Infinity].flatMap((age) => {
            const of = listed(talliesOf(changes), age);
            return comparedMeasures.map((measure) => of[measure]);
          });
          expect(comparedIn(talliesOf(changes))).toEqual(compared);
          const sums = Array<number>(compared.length).fill(0);
          for (const change of comparedChanges(changes)) {
            const at = change < 0 ? ~change : change;
            sums[at] = (sums[at] as number) + (change < 0 ? -1 : 1);
          }
          addUpByAge(sums, comparedMeasures.length);
          expect(sums).toEqual(compared);
        }
      }),
    );
  });

  it('say of an accepted lead when its party first said a word about it', () => {
    const silent = offerOf(offerTo('acme', made), said('accepted', 0.1));
    const late = offerOf(offerTo('acme', made), said('accepted', 0.1), said('lost', 8, { reason: 'no-budget' }));
    const reported = (offer: Offer, age: number) => tallyWithin(momentsOf(offer), age).reported;
    expect([reported(silent, Infinity), reported(late, 7), reported(late, 14)]).toEqual([0, 0, 1]);
  });

  it('of an offer from before traits were noted are of no source and no age', () => {
    const offer = offerOf(offerTo('acme', { ...made, traits: null }), said('accepted', 1));
    expect(counted(offer).cells.map(({ dimension }) => dimension)).toEqual(['', 'day']);
    expect(counted(offer).kinds).toEqual([]);
    expect(timesOf(offer)).toEqual([]);
  });

  it('are by the months and days of the calendar', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e12, max: 1e13 }), (at) => {
        const date = new Date(at);
        expect(monthOf(at)).toBe((date.getUTCFullYear() - 1970) * 12 + date.getUTCMonth());
        expect(dayName(at)).toBe(date.toISOString().slice(0, 10));
      }),
    );
  });
});

describe('how long each step took', () => {
  it('is in whole hours up to two days and then in whole days, rounded up', () => {
    expect([0, 1, hour, hour + 1, 48 * hour, 48 * hour + 1, 30 * day].map(bucketHours)).toEqual([
      ...[0, 1, 1, 2, 48, 72, 720],
    ]);
  });

  it('is told from the offer, with what a later step includes', () => {
    const offer = offerOf(offerTo('acme', made), said('accepted', 1), said('won', 40));
    expect(timesOf(offer).map(({ step, hours }) => [step, hours])).toEqual([
      ['offer', 0],
      ['accept', 24],
      ['contact', 960],
      ['qualify', 960],
      ['win', 960],
      ['close', 960],
    ]);
  });
});

describe('the kind that an attribute makes a lead', () => {
  it('is a word, a whole number, yes or no; a measurement or a sentence is none', () => {
    expect(['small', ' SMB ', 12, -3, true, false, '12', 'Größe M'].map(kindOf)).toEqual([
      ...['small', 'SMB', '12', '-3', 'true', 'false', '12', 'Größe M'],
    ]);
    const none = [12.73, '12.73', '-0,5', '', '  ', 'x'.repeat(65), 'two\nlines', 2 ** 60, null, undefined, {}];
    expect(none.map(kindOf)).toEqual(none.map(() => undefined));
  });

  it('is noted of the first attributes by name, in the same words whatever their order', () => {
    const many = Object.fromEntries(
      Array.from({ length: 40 }, (_, index) => [`a${String(index).padStart(2, '0')}`, 1]),
    );
    expect(Object.keys(readTraits(writeTraits('web', many)).kinds)).toEqual(Object.keys(many).slice(0, 32));
    expect(writeTraits('web', { b: 1, a: 'x' })).toBe(writeTraits('web', { a: 'x', b: 1 }));
    expect(writeTraits(null, undefined)).toBe('{"source":"","kinds":{}}');
  });
});
