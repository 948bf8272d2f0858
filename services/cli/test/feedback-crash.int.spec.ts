import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client } from 'pg';
import { MortalServices } from './fixture/mortal-services.js';

// A source is told what becomes of its leads over HTTP, in no transaction with anything: whoever dies in between has told it, or
// has not, and nobody knows. It is told again, and sees by the id that it is the same.

const PATIENCE_MS = 180_000;
const COMES_ABOUT_MS = 60_000;

interface Told {
  readonly id: string;
  readonly entries: readonly { readonly lead: string; readonly type: string }[];
}

describe('a process that dies while it tells a source', () => {
  let services: MortalServices;
  let data = new Client();
  let receiver: Server;
  const told: Told[] = [];

  beforeAll(async () => {
    receiver = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { entries } = JSON.parse(Buffer.concat(chunks).toString()) as Told;
        told.push({ id: String(request.headers['webhook-id']), entries });
        response.writeHead(204).end();
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    services = await MortalServices.start();
    data = new Client({ connectionString: services.databaseUrl });
    await data.connect();
    await services.call('PUT', '/v1/sources/website', {
      format: 'json',
      feedback: {
        url: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`,
        secret: `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
      },
    });
  }, PATIENCE_MS);

  afterAll(async () => {
    await data.end();
    await services.stop();
    receiver.close();
  }, PATIENCE_MS);

  const until = async (holds: () => boolean | Promise<boolean>) => {
    for (const giveUp = Date.now() + COMES_ABOUT_MS; !(await holds());) {
      if (Date.now() > giveUp) throw new Error('it has not come about in time');
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  const target = async () =>
    (await data.query('SELECT * FROM ingestion.feedback_targets')).rows[0] as { attempts: number };

  const inWords = ({ entries }: Told) => entries.map(({ lead, type }) => `${lead} ${type}`).join();

  it.each([
    ['before it has sent anything', 'feedback.claimed', 0],
    ['when the source has it and nobody has written so', 'feedback.sent', 1],
  ])(
    '%s leaves it to the next one, which tells the same under the same id',
    async (_, point, times) => {
      told.length = 0;
      const { death } = await services.beginDying(`${point}:1`);
      const { results } = await services.call<{ results: [{ id: string }] }>('POST', '/v1/leads', {
        ...{ source: 'website', email: `${randomUUID()}@example.com`, country: 'DE' },
      });
      const lead = results[0].id;
      // Told like anything else that becomes of a lead.
      await services.call('DELETE', `/v1/leads/${lead}/personal-data`).catch(() => undefined);
      await death;
      const entries = `${lead} lead.erased`;
      expect(told.map(inWords)).toEqual(Array(times).fill(entries));
      expect(await target()).toMatchObject({ attempts: 1, sending: expect.any(String) });

      // The lease runs out.
      await data.query('UPDATE ingestion.feedback_targets SET due_at = now()');
      await services.beginAgain();
      await until(async () => (await target()).attempts === 0);
      expect(told.map(inWords)).toEqual(Array(times + 1).fill(entries));
      expect(new Set(told.map(({ id }) => id)).size).toBe(1);
    },
    PATIENCE_MS,
  );
});
