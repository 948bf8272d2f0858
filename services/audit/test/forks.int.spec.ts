import { createPrivateKey } from 'node:crypto';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { signCheckpoint, signerOf } from '@fairlead/transparency-log';
import { eventually, LogSystem, someEvents } from './fixture/log-system.js';

const SIZE = 300;

/** Whatever is signed after that stands beside what somebody has: a fork, which nobody could take back. */
describe('a storage that does not hold what was published, with real servers', () => {
  let system: LogSystem;
  const file = (path: string) => join(system.logFolder, path);
  beforeAll(async () => {
    system = await LogSystem.open();
    await system.start();
    await system.tell(...someEvents(SIZE));
    await system.untilPublished(SIZE);
    await system.stop();
    cpSync(system.logFolder, join(system.folder, 'sound'), { recursive: true });
  });
  afterAll(() => system?.close());

  function checkpoint(size: number): void {
    const signer = signerOf('log.example/test', createPrivateKey(readFileSync(join(system.folder, 'key.pem'), 'utf8')));
    writeFileSync(file('checkpoint'), signCheckpoint({ size, root: Buffer.alloc(32, 7) }, signer));
  }
  function flip(path: string): void {
    const bytes = readFileSync(file(path));
    bytes.writeUInt8(bytes.readUInt8(40) ^ 1, 40);
    writeFileSync(file(path), bytes);
  }

  it.each([
    ['has another hash', () => flip('tile/0/001.p/44'), 'the tiles in the storage are not those'],
    ['lacks a tile', () => rmSync(file('tile/0/001.p/44')), 'the storage lacks tile/0/001.p/44'],
    ['lacks the last entries', () => rmSync(file('tile/entries/001.p/44')), 'the storage lacks tile/entries/001.p/44'],
    ['has a longer log than the database', () => checkpoint(SIZE + 1), `holds a log of ${SIZE + 1} entries`],
    ['has another log of that size', () => checkpoint(SIZE), 'the checkpoint in the storage is of another log'],
  ])('is signed on top of by nobody, where it %s', async (_, spoil, why) => {
    spoil();
    await system.start();
    await system.tell(...someEvents(1));
    await eventually(async () => {
      const { status, text } = await system.get('/health/ready');
      expect([status, text]).toEqual([503, expect.stringContaining('refuses to sign')]);
      expect(text).toContain(why);
    });
    expect(await system.rows('SELECT published::int FROM log_head')).toEqual([{ published: SIZE }]);
    await system.stop();
    rmSync(system.logFolder, { recursive: true });
    cpSync(join(system.folder, 'sound'), system.logFolder, { recursive: true });
  });

  it('goes on when it has been put right', async () => {
    await system.start();
    await system.untilPublished(SIZE + 5);
    await system.verified();
  });
});
