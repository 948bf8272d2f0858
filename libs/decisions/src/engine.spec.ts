import { execFileSync } from 'node:child_process';
import { engine } from './engine.js';

it('names the engine by its sources: after a change, node tools/engine-hash.mjs --write', () => {
  // Tests run in the package's folder.
  const computed = execFileSync(process.execPath, ['../../tools/engine-hash.mjs'], { encoding: 'utf8' });
  expect(engine).toBe(computed.trim());
});
