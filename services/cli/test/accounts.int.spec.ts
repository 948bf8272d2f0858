import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MortalServices } from './fixture/mortal-services.js';

/** Starts take seconds, and other tests may run beside this one. */
const PATIENCE_MS = 240_000;

describe('fairlead accounts, with real services', () => {
  let services: MortalServices;
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-accounts-'));
  beforeAll(async () => {
    services = await MortalServices.start();
  }, PATIENCE_MS);
  afterAll(async () => {
    await services.stop();
    rmSync(folder, { recursive: true });
  }, PATIENCE_MS);

  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const imports = (path: string, ...options: string[]) =>
    services.fairlead('accounts', 'import', path, '--list', 'emea', ...options);

  it(
    'replaces a list with what is in a file, and says what came of it or what is wrong',
    async () => {
      const rows = Array.from({ length: 20_000 }, (_, index) => `account-${index}.com,Sales North,2026-01-01`);
      const csv = (lines: readonly string[]) => file('list.csv', `domain,owner,from\n${lines.join('\n')}\n`);
      expect(await imports(csv(rows), '--owner', 'Büro Süd', '--json')).toMatchObject({ code: 0 });
      const changed = await imports(csv([...rows.slice(1), 'siemens.com,Sales North,2026-01-01']));
      expect(changed).toMatchObject({
        code: 0,
        stdout:
          'emea is at version 2: 20000 entries, 20000 in force; against the version before 1 added, 1 removed, 0 changed\n',
      });
      const owned = await services.call<{ owner: string }>('GET', '/v1/named-accounts/emea');
      expect(owned.owner).toBe('Büro Süd');

      const wrong = await imports(csv(['localhost,north,2026-01-01', ...rows, 'a.com,north,tomorrow-morning']));
      expect(wrong.code).toBe(1);
      expect(wrong.stderr).toContain('2 things are wrong, and nothing of the list was taken.');
      expect(wrong.stderr).toContain('domain: row 1 (line 2): is no domain');
      expect(wrong.stderr).toContain('from: row 20002 (line 20003): must be a date');

      const json = JSON.stringify({ owner: 'north', entries: [{ company: 'A AG', owner: 'n', from: '2026-01-01' }] });
      expect(await imports(file('list.json', json), '--owner', 'x')).toMatchObject({ code: 1 });
      expect(await imports(file('list.json', json))).toMatchObject({ code: 0 });
      expect((await imports(file('list.txt', json))).stderr).toContain('must end in .csv');
      expect((await imports(join(folder, 'none.csv'))).stderr).toContain('cannot be read (ENOENT)');
      const { stdout } = await services.fairlead('accounts');
      expect(stdout).toMatch(/^LIST .*\nemea +3 +1 +1\n$/);
    },
    PATIENCE_MS,
  );
});
