import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { MortalServices } from './fixture/mortal-services.js';
import { readTopic } from './fixture/read-topic.js';

const PATIENCE_MS = 240_000;
/** More than two batches. */
const LEADS = 2_300;

interface Status {
  readonly newest: number;
  readonly older: readonly number[];
  readonly leadKeys: Readonly<Record<string, number>>;
  readonly rewrapped?: number;
  readonly retired?: readonly number[];
}

describe('rotating the master key of a running system', () => {
  let services: MortalServices;
  let keys: Client;
  beforeAll(async () => {
    services = await MortalServices.start();
    keys = new Client({ connectionString: services.keysDatabaseUrl });
    await keys.connect();
    await services.call('PUT', '/v1/sources/web', { format: 'json' });
  }, PATIENCE_MS);
  afterAll(async () => {
    await keys.end();
    await services.stop();
  }, PATIENCE_MS);

  const rotate = async (crashAt: string | undefined, ...options: string[]) => {
    const more = crashAt === undefined ? {} : { FAIRLEAD_CRASH_AT: crashAt };
    const { code, stdout, stderr } = await services.fairleadBeside(more, 'keys', 'rotate', '--json', ...options);
    return { code, stderr, status: stdout === '' ? undefined : (JSON.parse(stdout) as Status) };
  };
  const send = async (from: number, count: number): Promise<string[]> => {
    const leads = Array.from({ length: count }, (_, at) => ({
      ...{ source: 'web', externalId: String(from + at), email: `someone@company-${from + at}.com`, country: 'DE' },
    }));
    const { results } = await services.call<{ results: { id: string }[] }>('POST', '/v1/leads', leads);
    return results.map(({ id }) => id);
  };
  const emailOf = async (id: string) => {
    for (const giveUp = Date.now() + 60_000; ;) {
      const lead = await services
        .call<{ contact: { email: string } | null }>('GET', `/v1/leads/${id}`)
        .catch(() => undefined);
      if (lead?.contact) return lead.contact.email;
      if (Date.now() > giveUp) throw new Error('the contact is not there');
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };

  it(
    'goes on after it is killed at each of its steps, while leads come in; no event changes, every contact opens',
    async () => {
      const [first = ''] = await send(0, LEADS);
      expect(await emailOf(first)).toBe('someone@company-0.com');
      const topic = services.topic('lifecycle');
      const before = new Map((await readTopic(topic)).map(({ value }) => [idOf(value), value.toString()]));
      const file = join(services.folder, 'master-key');
      const old = readFileSync(file, 'utf8').trim().split(' ')[1] ?? '?';

      expect((await rotate(undefined, '--status')).status).toEqual({ newest: 1, older: [], leadKeys: { 1: LEADS } });
      expect((await rotate('master-key.rewrapped:1')).code).not.toBe(0);
      const half = (await rotate(undefined, '--status')).status;
      expect(half).toEqual({ newest: 2, older: [1], leadKeys: { 1: LEADS - 1_000, 2: 1_000 } });
      const [second = ''] = await send(LEADS, 50);
      expect(await emailOf(second)).toBe(`someone@company-${LEADS}.com`);

      expect((await rotate('master-key.retired:1')).code).not.toBe(0);
      expect((await rotate(undefined, '--status')).status).toMatchObject({ newest: 2, older: [1] });
      const [{ status: done, code }, [third = '']] = await Promise.all([rotate(undefined), send(LEADS + 50, 50)]);
      expect({ code, ...done }).toMatchObject({ code: 0, newest: 2, older: [], retired: [1] });
      expect(done?.leadKeys).toEqual({ 2: LEADS + 100 });
      expect(readFileSync(file, 'utf8')).not.toContain(old);

      for (const [id, at] of [
        [first, 0],
        [second, LEADS],
        [third, LEADS + 50],
      ] as const)
        expect(await emailOf(id)).toBe(`someone@company-${at}.com`);
      // The same person is found as before, and by a process that never had the old key.
      await services.beginDying('intake.stored:999');
      expect(await emailOf(first)).toBe('someone@company-0.com');
      const again = { source: 'web', email: 'SOMEONE@company-0.com', country: 'DE' };
      const { results } = await services.call<{ results: object[] }>('POST', '/v1/leads', again);
      expect(results).toMatchObject([{ id: first, status: 'merged' }]);
      const after = new Map((await readTopic(topic)).map(({ value }) => [idOf(value), value.toString()]));
      for (const [id, text] of before) expect(after.get(id)).toBe(text);
    },
    PATIENCE_MS,
  );
});

function idOf(event: Buffer): string {
  return (JSON.parse(event.toString()) as { id: string }).id;
}
