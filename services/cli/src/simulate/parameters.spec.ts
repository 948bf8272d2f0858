import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defaultParameters, parameterList, parameterNames, readParameters } from './parameters.js';

const problemsOf = (text: string) => {
  const reading = readParameters(text);
  return reading.ok ? [] : reading.problems.map(({ line, path, detail }) => `${line ?? '-'} ${path} ${detail}`);
};

describe('a file of parameters', () => {
  it('may name some of them, and the others are as by default', () => {
    expect(readParameters('elasticity: 2\nexpected: 0.2')).toMatchObject({
      ok: true,
      document: { elasticity: 2, expected: 0.2 },
    });
    expect(readParameters(defaultParameters)).toMatchObject({ ok: true });
  });

  it.each([
    ['a name that there is not', 'elasticty: 2', '1  unknown key: elasticty'],
    ['what is no number', 'noise: much', '1 noise must be number'],
    ['a share of more than all', 'noise: 1.5', '1 noise must be <= 1'],
    ['half a company', 'companies: 10.5', '1 companies must be integer'],
    ['a list', '- 1', '1  must be object'],
    [
      'more than all leads',
      'notQualified: 0.6\nincomplete: 0.5',
      '2 incomplete with notQualified it is more than all leads',
    ],
    ['a least that is more than the most', 'followUpLeast: 0.95', '1 followUpLeast is more than followUpBest, 0.9'],
    ['deals of less than their least', 'dealLeast: 60000', '1 dealLeast is more than dealMost, 55000'],
    [
      'people who never work',
      'followUpBest: 0\nfollowUpLeast: 0',
      '1 followUpBest must be more than 0: nobody would ever work a lead',
    ],
    ['hours that run backwards', 'hoursWorst: 1', '- hoursBest is more than hoursWorst, 1'],
  ])('is refused in a sentence for %s', (_, text, problem) => {
    expect(problemsOf(text)).toEqual([problem]);
  });
});

it('has a page that tells of every parameter, its value, and where it is from', () => {
  const page = readFileSync(fileURLToPath(new URL('../../../../docs/simulation.md', import.meta.url)), 'utf8');
  const rows = new Map(
    [...page.matchAll(/^\| `(\w+)` +\| ([\d.,]+) +\| (\w+)/gmu)].map(([, name, ...rest]) => [name, rest]),
  );
  expect(Object.fromEntries(rows)).toEqual(
    Object.fromEntries(
      parameterNames.map((name) => [name, [String(parameterList[name].value), parameterList[name].source]]),
    ),
  );
});
