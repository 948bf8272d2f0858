import { randomUUID } from 'node:crypto';
import { S3Storage } from '../src/s3-storage.js';
import { generateSigner } from '../src/signed-note.js';
import { verifyLog } from '../src/verify-log.js';
import { sampleEntries, writeLog } from './sample-log.js';
import { all, everyStorage } from './storage-suite.js';

/** A server that other people wrote: infra/local/s3proxy.mjs, by its address, as it is no package. */
interface S3ForTests {
  whyNoS3(): Promise<string | undefined>;
  startS3(): Promise<{ url: string; accessKeyId: string; secretAccessKey: string; stop(): Promise<void> }>;
}
const address = new URL('../../../infra/local/s3proxy.mjs', import.meta.url).href;
const { startS3, whyNoS3 } = (await import(address)) as S3ForTests;
const absent = await whyNoS3();

(absent === undefined ? describe : describe.skip)(
  `a log in S3${absent === undefined ? '' : ` (skipped: ${absent})`}`,
  () => {
    let server: Awaited<ReturnType<typeof startS3>>;
    beforeAll(async () => (server = await startS3()), 60_000);
    afterAll(() => server?.stop());

    const open = (prefix: string, changed: Partial<ConstructorParameters<typeof S3Storage>[0]> = {}) => {
      const { accessKeyId, secretAccessKey } = server;
      return new S3Storage({
        ...{ url: `${server.url}/${prefix}`, region: 'us-east-1', accessKeyId, secretAccessKey },
        ...changed,
      });
    };

    everyStorage(() => {
      const prefix = `logs/${randomUUID()}`;
      return { storage: open(prefix), other: open(`${prefix}/`) };
    });

    it('may be all that is in a bucket', async () => {
      const storage = open('');
      await storage.writeOnce('checkpoints/7', Buffer.from('7'));
      expect(await all(storage.list('checkpoints'))).toEqual(['7']);
      expect(await open('checkpoints').read('7', 1)).toEqual(Buffer.from('7'));
    });

    it('lists more than a page', async () => {
      const storage = open(randomUUID());
      const names = Array.from({ length: 1_050 }, (_, at) => String(at));
      await Promise.all(names.map((name) => storage.write(`checkpoints/${name}`, Buffer.from(name))));
      expect((await all(storage.list('checkpoints'))).sort()).toEqual(names.sort());
    });

    it('verifies as it does in a folder', async () => {
      const storage = open(randomUUID());
      await writeLog(storage, generateSigner('log.example/fairlead'), sampleEntries(1_000), [1, 300, 1_000]);
      expect(await verifyLog(storage)).toMatchObject({ checkpoint: { size: 1_000 }, earlier: 3 });
    });

    it('is neither read nor written with another key, and an absent bucket is not taken for an empty one', async () => {
      const stranger = open('x', { secretAccessKey: 'another' });
      await expect(stranger.read('checkpoint', 100)).rejects.toMatchObject({
        name: 'StorageFailed',
        message: expect.stringMatching(
          /^S3: GET checkpoint was answered 403 SignatureDoesNotMatch: the key must be right/,
        ),
      });
      await expect(stranger.prepare()).rejects.toThrow('403');
      const lost = open('', { url: server.url.replace('/bucket', '/no-such-bucket') });
      for (const work of [
        () => lost.read('checkpoint', 100),
        () => lost.prepare(),
        () => all(lost.list('checkpoints')),
      ])
        await expect(work()).rejects.toMatchObject({
          name: 'StorageFailed',
          message: expect.stringContaining('NoSuchBucket'),
        });
    });
  },
);
