import { MemoryStorage } from '../test/memory-storage.js';
import { sampleEntries, sampleEntry, writeLog } from '../test/sample-log.js';
import { witnessFor } from '../test/sample-witness.js';
import { emptyRoot, leafHash } from './hashing.js';
import { tilePath } from './layout.js';
import { inclusionProof, TileReader } from './proofs.js';
import { readReceipt, verifyReceipt, writeReceipt } from './receipt.js';
import { generateSigner, readVerifierKey, verifierKey } from './signed-note.js';

const signer = generateSigner('log.example/fairlead');
const log = readVerifierKey(verifierKey(signer));
const line = `${emptyRoot().toString('base64')}\n`;

async function receiptFor(index: number, size: number): Promise<string> {
  const storage = new MemoryStorage();
  await writeLog(storage, signer, sampleEntries(size), [size]);
  const tree = new TileReader(size, async (name) => storage.files.get(tilePath(name)) ?? Buffer.alloc(0));
  const checkpoint = String(storage.files.get('checkpoint'));
  return writeReceipt({ index, proof: await inclusionProof(index, tree), checkpoint });
}

describe('a receipt', () => {
  it('shows that the entry is in the log, with the log’s key and nothing else', async () => {
    for (const [index, size] of [
      [0, 1],
      [0, 300],
      [299, 300],
      [256, 300],
      [17, 1_000],
    ] as const) {
      const text = await receiptFor(index, size);
      const verified = verifyReceipt(text, sampleEntry(index), log);
      expect(verified).toMatchObject({ index, checkpoint: { size, origin: signer.name } });
      expect(writeReceipt(readReceipt(text))).toBe(text);
    }
  });

  it('is the text that c2sp.org/tlog-proof describes', async () => {
    const [head, index, sibling, blank, origin, size, root, blankToo, signature, end] = (await receiptFor(1, 2)).split(
      '\n',
    );
    expect([head, index, blank, origin, size, blankToo, end]).toEqual([
      ...['c2sp.org/tlog-proof@v1', 'index 1', '', signer.name, '2', '', ''],
    ]);
    expect(sibling).toBe(leafHash(sampleEntry(0)).toString('base64'));
    expect(root).toHaveLength(44);
    expect(signature).toMatch(/^— log\.example\/fairlead /);
  });

  it('shows nothing of another entry, another index, another tree, or under another key', async () => {
    const text = await receiptFor(17, 300);
    const entry = sampleEntry(17);
    expect(() => verifyReceipt(text, sampleEntry(18), log)).toThrow('does not lead from this entry, as number 17,');
    expect(() => verifyReceipt(text.replace('index 17', 'index 18'), entry, log)).toThrow('does not lead');
    expect(() => verifyReceipt(text.replace('index 17', 'index 300'), entry, log)).toThrow('does not lead');
    const other = readVerifierKey(verifierKey(generateSigner(signer.name)));
    expect(() => verifyReceipt(text, entry, other)).toThrow('not signed by');
    const elsewhere = await receiptFor(17, 301);
    const swapped = text.slice(0, text.indexOf('\n\n')) + elsewhere.slice(elsewhere.indexOf('\n\n'));
    expect(() => verifyReceipt(swapped, entry, log)).toThrow('does not lead');
    expect(() => verifyReceipt(text, Buffer.alloc(70_000), log)).toThrow('does not lead');
  });

  it('shows nothing when any bit of it is another', async () => {
    const text = Buffer.from(await receiptFor(2, 5));
    expect(verifyReceipt(text.toString('utf8'), sampleEntry(2), log).index).toBe(2);
    const accepted: string[] = [];
    for (let bit = 0; bit < text.length * 8; bit++) {
      const changed = Buffer.from(text);
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      try {
        verifyReceipt(changed.toString('utf8'), sampleEntry(2), log);
        accepted.push(`bit ${bit}`);
      } catch (error) {
        expect(error).toMatchObject({ name: 'MalformedNote' });
      }
    }
    expect(accepted).toEqual([]);
  });

  it('may carry something extra, which proves nothing', async () => {
    const receipt = readReceipt(await receiptFor(3, 10));
    const text = writeReceipt({ ...receipt, extra: leafHash(sampleEntry(3)) });
    expect(text.split('\n')[1]).toMatch(/^extra /);
    expect(readReceipt(text)).toEqual({ ...receipt, extra: leafHash(sampleEntry(3)) });
    expect(verifyReceipt(text, sampleEntry(3), log)).toMatchObject({ index: 3 });
  });

  it('tells the witnesses of its checkpoint', async () => {
    const text = await receiptFor(3, 10);
    const witness = witnessFor('witness.example');
    const [, head = ''] = text.split('\n\n');
    const cosigned = text + witness.cosign(`${head}\n`, 1_700_000_000n);
    const { checkpoint } = verifyReceipt(cosigned, sampleEntry(3), log, [witness.verifier]);
    expect(checkpoint.witnesses).toEqual(new Map([['witness.example', 1_700_000_000]]));
  });

  it.each([
    ['', 'no blank line'],
    ['c2sp.org/tlog-proof@v2\nindex 1\n\nx', 'begins with'],
    ['c2sp.org/tlog-proof@v1\r\nindex 1\n\nx', 'begins with'],
    ['c2sp.org/tlog-proof@v1\nindex 01\n\nx', 'no index'],
    ['c2sp.org/tlog-proof@v1\nindex -1\n\nx', 'no index'],
    ['c2sp.org/tlog-proof@v1\nindex 9007199254740992\n\nx', 'no index'],
    ['c2sp.org/tlog-proof@v1\nindex 18446744073709551615\n\nx', 'no index'],
    ['c2sp.org/tlog-proof@v1\nINDEX 1\n\nx', 'no index'],
    ['c2sp.org/tlog-proof@v1\nextra !\nindex 1\n\nx', 'not base64'],
    ['c2sp.org/tlog-proof@v1\nextra \nindex 1\n\nx', 'not base64'],
    ['c2sp.org/tlog-proof@v1\nindex 1\nextra AAAA\n\nx', 'line 1 of the proof is not a hash'],
    ['c2sp.org/tlog-proof@v1\nindex 1\nAAAA\n\nx', 'line 1 of the proof is not a hash'],
    [`c2sp.org/tlog-proof@v1\nindex 1\n${line}x\n\nx`, 'line 2 of the proof is not a hash'],
    [`c2sp.org/tlog-proof@v1\nindex 1\n${line.repeat(54)}\nx`, 'longer than any tree'],
    [`c2sp.org/tlog-proof@v1\nindex 1\n${line.repeat(10_000)}\nx`, 'longer than 262144 bytes'],
  ])('is not %j', (text, why) => {
    expect(() => readReceipt(text)).toThrow(why);
  });

  it('is not written of what is none', () => {
    const checkpoint = 'x\n';
    expect(() => writeReceipt({ index: 2 ** 53, proof: [], checkpoint })).toThrow(RangeError);
    expect(() => writeReceipt({ index: 1, proof: [Buffer.alloc(31)], checkpoint })).toThrow(RangeError);
    expect(() => writeReceipt({ index: 1, proof: Array<Buffer>(54).fill(emptyRoot()), checkpoint })).toThrow(
      RangeError,
    );
  });
});
