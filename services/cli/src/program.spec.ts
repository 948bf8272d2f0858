import { readFileSync } from 'node:fs';
import { fairleadProgram } from './program.js';

it('says the version of the whole', () => {
  const whole = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as object;
  expect(whole).toMatchObject({ version: fairleadProgram().version() });
});
