import { generateKeyPairSync, hash, sign } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCheckpoint, readWitnesses } from '@fairlead/transparency-log';
import { LogSystem, someEvents } from './fixture/log-system.js';

/** As c2sp.org/tlog-cosignature has it, and by nothing of ours. */
function newWitness(name: string, pair = generateKeyPairSync('ed25519')) {
  const key = Buffer.concat([Buffer.of(4), pair.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)]);
  const keyId = hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), key]), 'buffer').subarray(0, 4);
  return {
    pair,
    verifierKey: `${name}+${keyId.toString('hex')}+${key.toString('base64')}`,
    cosign(note: string, at: number): string {
      const text = note.slice(0, note.indexOf('\n\n') + 1);
      const time = Buffer.alloc(8);
      time.writeBigUInt64BE(BigInt(at));
      const signature = sign(null, Buffer.from(`cosignature/v1\ntime ${at}\n${text}`), pair.privateKey);
      return `— ${name} ${Buffer.concat([keyId, time, signature]).toString('base64')}\n`;
    },
  };
}

describe('witnesses of the log, with real servers', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-witnesses-'));
  const one = newWitness('witness.example/one');
  const two = newWitness('witness.example/two');
  const alias = newWitness('witness.example/alias', one.pair);
  const keys = [one, two, alias].map(({ verifierKey }) => `${verifierKey}\n`).join('');
  const witnesses = readWitnesses(keys);
  let system: LogSystem;
  let note: string;
  beforeAll(async () => {
    writeFileSync(join(folder, 'witnesses'), `# whom we trust\n\n${keys}`);
    system = await LogSystem.open({ FAIRLEAD_LOG_WITNESSES_FILE: join(folder, 'witnesses') });
    await system.start();
    await system.tell(...someEvents(10));
    await system.untilPublished(10);
    note = (await system.get('/log/checkpoint')).text;
  });
  afterAll(async () => {
    await system?.close();
    rmSync(folder, { recursive: true });
  });

  const tell = async (lines: string, size: string | number = 10) =>
    (await system.post(`/log/checkpoints/${size}/cosignatures`, lines)).status;
  const served = async () => (await system.get('/log/checkpoint')).text;

  it('are told of, counted by key, and passed on under the checkpoint', async () => {
    expect(await tell(one.cosign(note, 1_700_000_000))).toBe(204);
    const once = await served();
    expect(once).toBe(note + one.cosign(note, 1_700_000_000));
    // Again, later, and by another name of the same key: nothing new.
    for (const again of [one.cosign(note, 1_700_000_000), one.cosign(note, 1_700_000_009), alias.cosign(note, 1)])
      expect(await tell(again)).toBe(204);
    expect(await served()).toBe(once);
    expect(await tell(two.cosign(note, 1_700_000_001) + two.cosign(note, 1_700_000_002))).toBe(204);
    const log = await system.verifier();
    expect(openCheckpoint(await served(), log, witnesses).witnesses.size).toBe(2);
    const { text } = await system.get('/log/checkpoints');
    const { checkpoints } = JSON.parse(text) as { checkpoints: { size: number; note: string }[] };
    expect(checkpoints.at(-1)).toEqual({ size: 10, note: await served() });
    expect(openCheckpoint(await served(), log).note).toContain(note);
  });

  it('who are unknown, or signed something else, are refused, with all that came with them', async () => {
    const before = await served();
    const other = note.replace('\n10\n', '\n11\n');
    for (const lines of [
      newWitness('stranger.example').cosign(note, 1),
      one.cosign(other, 1),
      two.cosign(note, 1) + one.cosign(other, 1),
      note.slice(note.indexOf('\n\n') + 2),
      ...['', 'x', '\n', `${one.cosign(note, 1)}\n`],
    ])
      expect([lines, await tell(lines)]).toEqual([lines, 422]);
    for (const size of [9, '010', 'x', '99999999999999999'])
      expect([size, await tell(one.cosign(note, 1), size)]).toEqual([size, 404]);
    expect(await tell(one.cosign(note, 1).repeat(200))).toBe(413);
    expect(await served()).toBe(before);
  });

  it('are those of one checkpoint, and not of the next', async () => {
    await system.tell(...someEvents(1));
    await system.untilPublished(11);
    const next = await served();
    expect(openCheckpoint(next, await system.verifier(), witnesses)).toMatchObject({ size: 11, witnesses: new Map() });
    await system.verified();
  });
});
