import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MortalServices } from './fixture/mortal-services.js';

/** Starts take seconds, and other tests may run beside this one. */
const PATIENCE_MS = 240_000;
const DAY_MS = 86_400_000;

describe('fairlead policies, with a real service', () => {
  let services: MortalServices;
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-policies-'));
  beforeAll(async () => {
    services = await MortalServices.start(['routing']);
  }, PATIENCE_MS);
  afterAll(async () => {
    await services.stop();
    rmSync(folder, { recursive: true });
  }, PATIENCE_MS);

  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const policy = (direct: number, channel = 100 - direct) =>
    [
      ...['name: emea', 'pools:', '  - id: rest', '    match: {}'],
      ...[`    promise: { direct: ${direct}, channel: ${channel} }`],
      '    offer: { acceptWithin: 4h, maxOffers: 3, then: direct, revealContact: on-accept }',
    ].join('\n');
  const policies = (...args: string[]) => services.fairlead('policies', ...args);
  const json = async <T>(...args: string[]) => {
    const { code, stdout, stderr } = await policies(...args, '--json');
    if (code !== 0) throw new Error(stderr);
    return JSON.parse(stdout) as T;
  };
  const inDays = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString();

  it(
    'writes drafts, tells what is wrong by line and what should be known, and shows what was written',
    async () => {
      const draft = await policies('put', 'emea', file('emea.yaml', policy(40)));
      expect(draft).toMatchObject({ code: 0, stdout: expect.stringMatching(/^emea is at version 1, a draft\.\n/) });
      // Nobody is there yet who could keep the promise.
      expect(draft.stdout).toMatch(/\n {2}line 5: \/pools\/0\/promise /);
      expect(await json('put', 'emea', file('again.yaml', policy(40)))).toMatchObject({ version: 1 });
      expect(await json('put', 'emea', file('emea.yaml', policy(50)))).toMatchObject({ version: 2, active: false });

      const wrong = await policies('put', 'emea', file('wrong.yaml', policy(50, 60)));
      expect(wrong).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/wrong\.yaml is no policy:\n {2}line 5: /),
      });
      expect((await policies('put', 'apac', file('emea.yaml', policy(50)))).stderr).toContain('is named emea');

      const shown = await policies('show', 'emea', '--version', '1');
      expect(shown.stderr).toMatch(/^emea, version 1, not in force; written .* by \w+\n$/);
      expect(JSON.parse(shown.stdout)).toMatchObject({ pools: [{ promise: { direct: 40, channel: 60 } }] });
      // What is shown can be written again, and is the same.
      expect(await json('put', 'emea', file('shown.json', (await policies('show', 'emea')).stdout))).toMatchObject({
        version: 2,
      });
    },
    PATIENCE_MS,
  );

  it(
    'puts a version in force, at once or at a time to come, and cancels that; the list and the history say so',
    async () => {
      expect(await policies('activate', 'emea', '--version', '1')).toMatchObject({
        code: 0,
        stdout: 'Version 1 of emea is in force.\n',
      });
      const { policies: all } = await json<{ policies: { name: string }[] }>('list');
      expect(all).toMatchObject([
        { name: 'default', inForce: null, newest: { version: 1 } },
        { name: 'emea', inForce: { version: 1, since: expect.stringMatching(/Z$/) }, newest: { version: 2 } },
      ]);
      expect((await policies()).stdout).toMatch(/^POLICY .*\ndefault +- +- +1 .*\nemea +1 +\S+Z +2 /);

      const { scheduled } = await json<{ scheduled: { id: string } }>('activate', 'emea', '--at', inDays(1));
      expect((await policies('plans', 'emea')).stdout).toMatch(new RegExp(`\\n${scheduled.id} +plan +2 .* waiting\\n`));
      expect(await policies('cancel', 'emea', scheduled.id)).toMatchObject({ code: 0 });
      expect((await policies('plans', 'emea')).stdout).toMatch(
        new RegExp(`\\n${scheduled.id} +plan +2 .* cancelled by \\w+`),
      );
      expect((await policies('cancel', 'emea', scheduled.id)).stderr).toContain('carried out or cancelled before');
      expect((await policies('activate', 'emea', '--at', inDays(400))).stderr).toContain('at most 366 days away');
      expect((await policies('activate', 'emea', '--version', 'newest')).stderr).toContain('is a number');

      const first = await json<{ versions: { version: number }[]; next: string }>('history', 'emea', '--limit', '1');
      expect(first).toMatchObject({ versions: [{ version: 2, inForce: [] }] });
      const rest = await policies('history', 'emea', '--after', first.next);
      expect(rest).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/\n1 .* to now by \w+\n$/) });
    },
    PATIENCE_MS,
  );

  it(
    'approves what another proposed, or rejects it for a reason, where it takes two',
    async () => {
      const keyOf = async (name: string) => {
        const made = await services.fairlead('keys', 'create', '--role', 'manager', '--name', name, '--json');
        return { FAIRLEAD_API_KEY: (JSON.parse(made.stdout) as { key: string }).key };
      };
      const [anna, ben] = [await keyOf('Anna'), await keyOf('Ben')];
      await services.call('PUT', '/v1/policies/emea/second-approver', { needed: true });
      const propose = async () => {
        const { stdout } = await services.fairleadBeside(anna, 'policies', 'activate', 'emea');
        const [, id = ''] = /fairlead policies approve emea (\S+)/.exec(stdout) ?? [];
        return id;
      };
      const proposal = await propose();
      const alone = await services.fairleadBeside(anna, 'policies', 'approve', 'emea', proposal);
      expect(alone).toMatchObject({ code: 1, stderr: expect.stringContaining('somebody else approves it') });
      const reject = ['policies', 'reject', 'emea', proposal];
      expect((await services.fairleadBeside(ben, ...reject)).stderr).toContain('--reason TEXT');
      expect(await services.fairleadBeside(ben, ...reject, '--reason', 'too much for direct')).toMatchObject({
        code: 0,
      });
      expect((await policies('plans', 'emea')).stdout).toMatch(
        new RegExp(`\\n${proposal} +proposal +2 .* rejected by`),
      );
      expect(await services.fairleadBeside(ben, 'policies', 'approve', 'emea', await propose())).toMatchObject({
        code: 0,
        stdout: 'Approved: version 2 of emea is in force.\n',
      });
    },
    PATIENCE_MS,
  );
});
