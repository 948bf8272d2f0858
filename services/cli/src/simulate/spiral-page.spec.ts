import { stripVTControlCharacters } from 'node:util';
import { reportInWords } from './in-words.js';
import { defaultParameters, parameterNames } from './parameters.js';
import { builtIn } from './policies.js';
import { simulate } from './simulate.js';
import { spiralPage } from './spiral-page.js';

const command = "npx fairlead simulate --seed 3 --html 'a <b>.html'";
const parameters = { ...defaultParameters, elasticity: 2 };
const simulation = simulate(
  { seed: 3, quarters: 4, leads: 200, partners: 2, parameters },
  [builtIn.legacy, builtIn.fair],
  {
    withSensitivity: true,
  },
);
const page = spiralPage(simulation, command);
const text = stripVTControlCharacters(reportInWords(simulation, command));

describe('the report of a simulation', () => {
  it('is one file that needs nothing, runs nothing, and is the same every time', () => {
    expect(page).not.toMatch(/<script|<link|<img|@import|url\((?!#)|https?:| on[a-z]+="| style="/iu);
    expect(spiralPage(simulation, command)).toBe(page);
  });

  it('states its seed, every parameter, the policies, what decided, and the command that makes it again', () => {
    for (const report of [page, text]) {
      for (const name of parameterNames) expect(report).toContain(name);
      for (const { hash } of simulation.policies) expect(report).toContain(hash);
      for (const hash of [simulation.engine, simulation.roster, simulation.model.hash]) expect(report).toContain(hash);
    }
    expect(text).toContain(`made again by  ${command}`);
    expect(text).toMatch(/elasticity +2 \* +assumed/u);
    expect(page).toContain('<code>npx fairlead simulate --seed 3 --html &#39;a &#60;b&#62;.html&#39;</code>');
    expect(page).toContain('2, not 1');
  });

  it('says what a plain report would say, and beside it what is behind it, for each policy', () => {
    expect(text.match(/the plain report says:\n/gu)).toHaveLength(2);
    expect(text.match(/And like for like:\n/gu)).toHaveLength(2);
    expect(page.match(/<cite>The plain report<\/cite>/gu)).toHaveLength(2);
    expect(page.match(/<cite>Like for like<\/cite>/gu)).toHaveLength(2);
  });

  it('shows revenue whichever way it goes, and where legacy earns more', () => {
    expect(text).toMatch(/Revenue of all 4 quarters: EUR.* under (?:fair|legacy), EUR/u);
    expect(text).toContain('less than nothing: legacy earns more');
    expect(page).toMatch(/class="bad">−\d/u);
    expect(page).toMatch(/class="good">\+\d/u);
  });

  it('has a chart for each thing that changes, with its numbers', () => {
    expect(page.match(/<figure /gu)).toHaveLength(8);
    expect(page.match(/<summary>The numbers<\/summary>/gu)).toHaveLength(8);
    const ids = [...page.matchAll(/ id="([^"]+)"/gu)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('says nothing of two policies where one was played, and holds up where a side has no leads', () => {
    const alone = simulate({ seed: 3, quarters: 1, leads: 10, partners: 1, parameters }, [builtIn.fair]);
    expect(reportInWords(alone, command)).not.toContain('Revenue of all');
    expect(spiralPage(alone, command)).not.toMatch(/NaN|undefined|Infinity/u);
    expect(page).not.toMatch(/NaN|undefined|Infinity/u);
  });
});
