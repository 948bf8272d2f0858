// That it runs and prints all rows. Its figures are for an idle machine and a person to judge: no test asserts a time.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));
/** Starts a PostgreSQL and a Kafka of its own; on a busy machine that takes a while. */
const PATIENCE_MS = 180_000;

describe('fairlead bench routing', () => {
  it(
    'prints decisions a second beside their bounds, and statements beside those of Odoo',
    async () => {
      const { code, stdout, stderr } = await bench('--decisions', '100', '--rounds', '1', '--batches', '1');
      expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
      for (const row of [
        /^ +10 partners, ten can take it +[\d,]+ +to reach 100,000/m,
        /^ +1,000 partners, ten can take it +[\d,]+ +to reach 100,000/m,
        /^ +100,000 partners, ten can take it +[\d,]+ +to reach 100,000/m,
        /^ +100,000, all places alike +[\d,]+ +to reach 100,000/m,
        /^ +1,000 partners, all can take it +[\d,]+ +to reach 50,000/m,
        /^ +1 named account +[\d,]+ +to reach 100,000/m,
        /^ +100 named accounts +[\d,]+ +to reach 100,000/m,
        /^ +10,000 named accounts +[\d,]+ +to reach 100,000/m,
        /^ +1,000, ten can, with notes to explain +[\d,]+ +to reach 100,000/m,
        /^ +1,000, all can, with notes to explain +[\d,]+ +to reach 50,000/m,
        /^ +100,000 partners cost, against 10 +[\d.]+ × +to reach 2 × at most/m,
        /^ +1 batch of 100 +0\.\d+ +to reach 0\.1; \d+ statements in \d+ batch/m,
        /^ +100 leads +0\.\d+ +\d+ statements in .* allows 508 queries, 5\.1 for each/m,
        /^ +200 leads, with duplicates +0\.\d+ +\d+ statements in .* allows 903 queries, 4\.5 for each/m,
        /^ +650 leads, 3 teams +0\.\d+ +\d+ statements in .* allows 4,849 queries, 7\.5 for each/m,
        /duplicates when it assigns leads/,
      ])
        expect(stdout).toMatch(row);
    },
    PATIENCE_MS,
  );

  it(
    'prints how far an adversary gets, beside two simpler rules',
    async () => {
      const { code, stdout } = await bench('--adversary', '--leads', '250', '--json');
      expect(code).toBe(0);
      const { adversary } = JSON.parse(stdout) as {
        adversary: Record<'fixed' | 'random' | 'adversary', { furthest: Record<string, number> }[]>;
      };
      expect(adversary.fixed[0]?.furthest).toEqual({
        ours: expect.closeTo(0.9367, 3),
        largest: expect.closeTo(1.348, 3),
        tijdeman: expect.closeTo(0.9367, 3),
      });
      expect(adversary.random).toHaveLength(3);
      expect(adversary.adversary.slice(0, 4)).toMatchObject([
        { parties: 2, weights: 'equal', furthest: { ours: 0.5, largest: 0.5, tijdeman: 0.5 }, unfinished: [] },
        { parties: 2, weights: 'heavy-tailed' },
        { parties: 4, weights: 'equal', furthest: { ours: expect.closeTo(1.083, 3) }, unfinished: [] },
        { parties: 4, weights: 'heavy-tailed' },
      ]);
      expect(adversary.adversary.map(({ furthest }) => furthest['ours']).every(Number.isFinite)).toBe(true);
    },
    PATIENCE_MS,
  );
});

/** From the sources, as the launcher runs it. */
async function bench(...options: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const main = join(root, 'services/cli/src/main.ts');
  const flags = ['--conditions=@fairlead/source', '--import', join(root, 'tools/swc-hook.mjs')];
  const child = spawn(process.execPath, [...flags, main, 'bench', 'routing', ...options], {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'] },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, stdout, stderr };
}
