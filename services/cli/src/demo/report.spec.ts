import { stripVTControlCharacters } from 'node:util';
import type { CampaignFigures, Counts } from './figures.js';
import { fairleadProgram } from '../program.js';
import { likeForLikeTable, yearsAhead } from './report.js';

const nothing: Counts = {
  ...{ offered: 0, delivered: 0, accepted: 0, kept: 0, open: 0 },
  ...{ qualified: 0, won: 0, lost: 0, declined: 0, expired: 0 },
};
const accepted = (leads: number, qualified: number, won: number, lost = leads - won): Counts => {
  return { ...nothing, offered: leads, kept: leads, accepted: leads, qualified, won, lost };
};
const shown = (parties: CampaignFigures['parties']) =>
  stripVTControlCharacters(likeForLikeTable({ parties, shares: {} }).join('\n'));

describe('the campaign’s last table', () => {
  it('says how much of direct’s lead over its partners is the leads, and how much the work', () => {
    const table = shown({
      direct: { all: accepted(500, 260, 208), A: accepted(400, 240, 200), D: accepted(100, 20, 8) },
      alpenblick: { all: accepted(500, 140, 82), A: accepted(100, 60, 50), D: accepted(400, 80, 32, 300) },
    });
    expect(table.split('\n').map((line) => line.trim().split(/ {2,}/))).toEqual([
      ['accepted', 'opportunities', 'like for like (95 %)', 'won', 'like for like (95 %)'],
      ['Direct sales', '500', '52.0 %', '40.0 % (36 to 45)', '41.6 %', '29.0 % (26 to 33)'],
      ['Alpenblick IT', '500', '28.0 %', '40.0 % (35 to 45)', '16.4 %', '29.0 % (24 to 34)'],
      ['All partners', '500', '28.0 %', '40.0 % (35 to 45)', '16.4 %', '29.0 % (24 to 34)'],
      [''],
      [
        'Opportunities: direct is 24.0 points ahead of its partners, +24.0 by better leads and 0.0 (−6.5 to +7.2) by better work: no difference in the work can be told from chance.',
      ],
      [
        'Won: direct is 25.2 points ahead of its partners, +25.2 by better leads and 0.0 (−5.9 to +6.5) by better work: no difference in the work can be told from chance.',
      ],
      ['68 accepted leads are neither won nor lost so far: they count as not won.'],
    ]);
  });

  it('says of a party with few leads that they are too few, and so of both sides', () => {
    const table = shown({
      direct: { all: accepted(60, 30, 15), A: accepted(60, 30, 15) },
      alpenblick: { all: accepted(19, 19, 1), incomplete: accepted(19, 19, 1) },
    });
    expect(table).toMatch(/Alpenblick IT +19 +19 +too few to say +1 +too few to say/u);
    expect(table).toContain('Direct beside all partners: too few to say.');
  });

  it('says which side works its leads better where numbers can tell', () => {
    const some = (won: number) => ({ all: accepted(400, 300, won), A: accepted(400, 300, won) });
    expect(shown({ direct: some(250), midi: some(100) })).toContain(': direct works its leads better.');
    expect(shown({ direct: some(100), midi: some(250) })).toContain(': partners work their leads better.');
  });
});

it('ends with commands that there are, which show what years of it would come to', () => {
  const named = [...stripVTControlCharacters(yearsAhead().join('\n')).matchAll(/npx fairlead (\S+)(?: (--\S+))?/gu)];
  expect(named.map(([command]) => command)).toEqual(['npx fairlead simulate', 'npx fairlead simulate --html']);
  for (const [, name, option] of named) {
    const command = fairleadProgram().commands.find((each) => each.name() === name);
    expect(command?.options.map(({ long }) => long)).toContain(option ?? '--json');
  }
});
