import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tilePath, tilesFor } from '@fairlead/transparency-log';
import { S3Storage } from '@fairlead/transparency-log/s3';
import { eventually, LogSystem, someEvents } from './fixture/log-system.js';

/** A server that other people wrote: infra/local/s3proxy.mjs, by its address, as it is no package. */
interface S3ForTests {
  whyNoS3(): Promise<string | undefined>;
  startS3(): Promise<{ url: string; accessKeyId: string; secretAccessKey: string; stop(): Promise<void> }>;
}
const address = new URL('../../../infra/local/s3proxy.mjs', import.meta.url).href;
const { startS3, whyNoS3 } = (await import(address)) as S3ForTests;
const absent = await whyNoS3();

(absent === undefined ? describe : describe.skip)(
  `the log in S3, with real servers${absent === undefined ? '' : ` (skipped: ${absent})`}`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'fairlead-audit-s3-'));
    let server: Awaited<ReturnType<S3ForTests['startS3']>>;
    let system: LogSystem;
    beforeAll(async () => {
      server = await startS3();
      const { accessKeyId, secretAccessKey } = server;
      writeFileSync(join(folder, 'secret'), `${secretAccessKey}\n`, { mode: 0o600 });
      const url = `${server.url}/some/log`;
      system = await LogSystem.open({
        FAIRLEAD_LOG_S3: url,
        FAIRLEAD_LOG_S3_KEY_ID: accessKeyId,
        FAIRLEAD_LOG_S3_SECRET_FILE: join(folder, 'secret'),
      });
      system.storage = new S3Storage({ url, region: 'us-east-1', accessKeyId, secretAccessKey });
      await system.start();
    }, 60_000);
    afterAll(async () => {
      await system?.close();
      await server?.stop();
      rmSync(folder, { recursive: true });
    });

    it('has every event once, and is served as from a folder, also after a restart', async () => {
      const events = someEvents(700);
      await system.tell(...events.slice(0, 600));
      await system.untilPublished(600);
      await system.stop();
      await system.start();
      await system.tell(...events.slice(600));
      await system.untilPublished(700);
      const entries: Buffer[] = [];
      const { checkpoint } = await system.verified(entries);
      expect(entries.map(String).sort()).toEqual(events.map(({ bytes }) => String(bytes)).sort());
      expect((await system.get('/log/checkpoint')).text).toBe(checkpoint.note);
      for (const path of [...tilesFor(600), ...tilesFor(700)].map(tilePath))
        expect([path, (await system.get(`/log/${path}`)).status]).toEqual([path, 200]);
      expect((await system.get('/log/tile/0/009')).status).toBe(404);
    });

    it('says what is wrong while the bucket cannot be reached', async () => {
      await server.stop();
      await system.tell(...someEvents(3));
      await eventually(async () => {
        const { status, text } = await system.get('/health/ready');
        expect([status, text]).toEqual([503, expect.stringMatching(/nothing is signed: S3: .* had no answer/)]);
      });
    });
  },
);

describe('a log that is to be in S3', () => {
  it('is not started as long as something is missing, and all of it is named', async () => {
    const system = await LogSystem.open({ FAIRLEAD_LOG_S3: 'https://s3.example/bucket?versions' });
    const refused: unknown = await system.start().catch((error: unknown) => error);
    expect(String(refused)).toMatch(/FAIRLEAD_LOG_S3: must be https:\/\/host\/bucket/);
    expect(String(refused)).toMatch(/FAIRLEAD_LOG_S3_KEY_ID: is not set/);
    expect(String(refused)).toMatch(/FAIRLEAD_LOG_S3_SECRET_FILE: is not set/);
    await system.close();
  });
});
