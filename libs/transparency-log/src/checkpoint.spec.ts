import { generateKeyPairSync, hash, sign } from 'node:crypto';
import { newKeys, sampleEntries, verifierOf, writeLog } from '../test/sample-log.js';
import { MemoryStorage } from '../test/memory-storage.js';
import { openCheckpoint, readCheckpoint, signCheckpoint } from './checkpoint.js';
import { emptyRoot, leafHash } from './hashing.js';
import { tilePath } from './layout.js';
import { inclusionProof, TileReader } from './proofs.js';
import { readReceipt, verifyReceipt, writeReceipt } from './receipt.js';
import { openNote, readVerifierKey, signerOf, signNote, verifierKey } from './signed-note.js';

const keys = newKeys();
const log = verifierOf(keys);
const signer = signerOf(keys.origin, keys.privateKey);
const note = signCheckpoint({ origin: keys.origin, size: 7, root: emptyRoot() }, signer);

/** A witness's line under a note. */
function cosigned(text: string, at: bigint, name = 'witness.example', pair = generateKeyPairSync('ed25519')) {
  const raw = pair.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  const encoded = Buffer.concat([Buffer.of(4), raw]);
  const idOf = readKeyId(name, encoded);
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE(at);
  const signature = sign(null, Buffer.from(`cosignature/v1\ntime ${at}\n${text}`), pair.privateKey);
  const line = `— ${name} ${Buffer.concat([idOf, time, signature]).toString('base64')}\n`;
  const verifier = readVerifierKey(`${name}+${idOf.toString('hex')}+${encoded.toString('base64')}`);
  return { line, verifier, pair };
}

function readKeyId(name: string, encoded: Buffer): Buffer {
  // As the specification says it: SHA-256(name ‖ "\n" ‖ type ‖ key)[:4].
  return hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), encoded]), 'buffer').subarray(0, 4);
}

describe('a checkpoint', () => {
  it('is three lines, a blank one, and a signature that opens it', () => {
    const lines = note.split('\n');
    expect(lines.slice(0, 4)).toEqual([keys.origin, '7', emptyRoot().toString('base64'), '']);
    expect(lines[4]).toMatch(/^— log\.example\/fairlead [A-Za-z0-9+/]{91}=$/);
    expect(openCheckpoint(note, log)).toMatchObject({ origin: keys.origin, size: 7, root: emptyRoot(), note });
  });

  it('of another log, or without the log’s signature, is none', () => {
    const other = newKeys(keys.origin);
    expect(() => openCheckpoint(note, verifierOf(other))).toThrow('not signed by log.example/fairlead');
    const misnamed = signCheckpoint({ origin: 'other.example', size: 7, root: emptyRoot() }, signer);
    expect(() => openCheckpoint(misnamed, log)).toThrow('of the log other.example');
    expect(() => openCheckpoint(note.replace('\n7\n', '\n8\n'), log)).toThrow('the signature of log.example/fairlead');
  });

  it.each([
    ['18446744073709551615', 'beyond 2^53'],
    ['9007199254740992', 'beyond 2^53'],
    ['-1', 'not a number'],
    ['007', 'not a number'],
    ['1e3', 'not a number'],
    ['', 'not a number'],
  ])('of size %j is none', (size, why) => {
    const text = `${keys.origin}\n${size}\n${emptyRoot().toString('base64')}\n`;
    expect(() => openCheckpoint(signNote(text, signer), log)).toThrow(why);
  });

  it.each(['AAAA', `${emptyRoot().toString('base64')}=`, '!', ''])('with the root %j is none', (root) => {
    expect(() => readCheckpoint(`${keys.origin}\n7\n${root}\n`)).toThrow('the root is not a hash');
  });

  it('leaves signatures of others alone, and counts each witness once', () => {
    const text = note.slice(0, note.indexOf('\n\n') + 1);
    const witness = cosigned(text, 1_700_000_000n);
    const again = cosigned(text, 1_700_000_001n, 'witness.example', witness.pair);
    const alias = cosigned(text, 1_700_000_002n, 'alias.example', witness.pair);
    const stranger = cosigned(text, 1n, 'stranger.example');
    const full = note + witness.line + again.line + alias.line + stranger.line;
    expect([...openCheckpoint(full, log, [witness.verifier]).witnesses]).toHaveLength(1);
    expect([...openCheckpoint(full, log, [witness.verifier, alias.verifier]).witnesses]).toHaveLength(1);
    expect(openCheckpoint(full, log).witnesses.size).toBe(0);
    const other = cosigned(`${text}x\n`, 1n, 'witness.example', witness.pair);
    expect(() => openCheckpoint(note + other.line, log, [witness.verifier])).toThrow(
      'the signature of witness.example',
    );
  });
});

describe('a note', () => {
  it.each([
    ['', 'no blank line'],
    ['text\n', 'no blank line'],
    ['text\n\n', 'a line after the blank one is no signature'],
    ['text\n\n— name\n', 'no signature'],
    ['text\n\n— name AAAAAA==\n', 'no signature'],
    ['text\n\n- name AAAAAAAA\n', 'no signature'],
    ['text\n\n— na+me AAAAAAAA\n', 'no signature'],
    ['text\n\n— name AAAAAAAA', 'does not end'],
    ['te\u0000xt\n\n— name AAAAAAAA\n', 'control characters'],
    ['text\r\n\n— name AAAAAAAA\n', 'control characters'],
    ['text\n\n' + '— name AAAAAAAA\n'.repeat(65), 'more than 64'],
    [`${'x'.repeat(70_000)}\n\n— name AAAAAAAA\n`, 'longer than'],
  ])('is not %j', (text, why) => {
    expect(() => openNote(text, [])).toThrow(why);
  });
});

describe('the key of a verifier', () => {
  it('reads as it was written', () => {
    const key = verifierKey(keys.origin, keys.publicKey);
    expect(key).toMatch(/^log\.example\/fairlead\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}$/);
    expect(readVerifierKey(`${key}\n`)).toMatchObject({ name: keys.origin, isWitness: false });
  });

  it.each([
    ['', 'reads name+hex'],
    ['name+00000000+AQ==', 'not an Ed25519 key'],
    [verifierKey(keys.origin, keys.publicKey).replace('fairlead', 'other'), 'not that of its name'],
    [`name+00000000+${Buffer.concat([Buffer.of(2), Buffer.alloc(32)]).toString('base64')}`, 'not an Ed25519 key'],
  ])('is not %j', (text, why) => {
    expect(() => readVerifierKey(text)).toThrow(why);
  });

  it('is that of another implementation', () => {
    // The example of golang.org/x/mod/sumdb/note, whose package documentation has it.
    const known = readVerifierKey('PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW');
    const text =
      'If you think cryptography is the answer to your problem,\nthen you don’t know what your problem is.\n';
    const signed = text.replace('’', "'");
    const line =
      '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n';
    expect(openNote(`${signed}\n${line}`, [known]).signedBy).toEqual([known]);
  });
});

describe('a receipt', () => {
  async function receiptFor(index: number, size: number) {
    const storage = new MemoryStorage();
    await writeLog(storage, keys, sampleEntries(size), [size]);
    const tree = new TileReader(size, async (name) => storage.files.get(tilePath(name)) as Buffer);
    const checkpoint = String(storage.files.get('checkpoint'));
    return writeReceipt({ index, proof: await inclusionProof(index, tree), checkpoint });
  }
  const entry = (index: number) => Buffer.from(`{"entry":${index}}`);

  it('shows that the entry is in the log, with the log’s key and nothing else', async () => {
    for (const [index, size] of [
      [0, 1],
      [0, 300],
      [299, 300],
      [256, 300],
      [17, 1_000],
    ] as const) {
      const text = await receiptFor(index, size);
      expect(verifyReceipt(text, entry(index), log)).toMatchObject({ size });
      expect(writeReceipt(readReceipt(text))).toBe(text);
    }
  });

  it('shows nothing of another entry, another index, or under another key', async () => {
    const text = await receiptFor(17, 300);
    expect(() => verifyReceipt(text, entry(18), log)).toThrow('does not lead from entry 17');
    expect(() => verifyReceipt(text.replace('index 17', 'index 18'), entry(17), log)).toThrow('does not lead');
    expect(() => verifyReceipt(text, entry(17), verifierOf(newKeys()))).toThrow('not signed by');
  });

  it('may carry something extra, which proves nothing', async () => {
    const receipt = readReceipt(await receiptFor(3, 10));
    const text = writeReceipt({ ...receipt, extra: leafHash(entry(3)) });
    expect(text.split('\n')[1]).toMatch(/^extra /);
    expect(readReceipt(text).extra).toEqual(leafHash(entry(3)));
    expect(verifyReceipt(text, entry(3), log)).toMatchObject({ size: 10 });
  });

  it.each([
    ['', 'no blank line'],
    ['c2sp.org/tlog-proof@v2\nindex 1\n\nx', 'begins with'],
    ['c2sp.org/tlog-proof@v1\nindex 01\n\nx', 'no index'],
    ['c2sp.org/tlog-proof@v1\nindex 9007199254740992\n\nx', 'no index'],
    ['c2sp.org/tlog-proof@v1\nextra !\nindex 1\n\nx', 'not base64'],
    ['c2sp.org/tlog-proof@v1\nindex 1\nAAAA\n\nx', 'not a hash'],
    [`c2sp.org/tlog-proof@v1\nindex 1\n${`${emptyRoot().toString('base64')}\n`.repeat(54)}\nx`, 'longer than any tree'],
  ])('is not %j', (text, why) => {
    expect(() => readReceipt(text)).toThrow(why);
  });
});
