import { witnessFor } from '../test/sample-witness.js';
import { openCheckpoint, readCheckpoint, readCosignatures, signCheckpoint } from './checkpoint.js';
import { emptyRoot } from './hashing.js';
import { generateSigner, openNote, readVerifierKey, signNote, verifierKey } from './signed-note.js';

const signer = generateSigner('log.example/fairlead');
const log = readVerifierKey(verifierKey(signer));
const root = emptyRoot();
const note = signCheckpoint({ size: 7, root }, signer);
const text = note.slice(0, note.indexOf('\n\n') + 1);

describe('a checkpoint', () => {
  it('is the log’s name, its size, its root, and a signature that opens it', () => {
    expect(text).toBe(`log.example/fairlead\n7\n${root.toString('base64')}\n`);
    expect(openCheckpoint(note, log)).toEqual({ origin: signer.name, size: 7, root, note, witnesses: new Map() });
    expect(openCheckpoint(Buffer.from(note), log)).toMatchObject({ note });
  });

  it('of another log, or without the log’s signature, is none', () => {
    const other = readVerifierKey(verifierKey(generateSigner(signer.name)));
    expect(() => openCheckpoint(note, other)).toThrow('not signed by log.example/fairlead');
    const misnamed = signNote(`other.example\n7\n${root.toString('base64')}\n`, signer);
    expect(() => openCheckpoint(misnamed, log)).toThrow('of the log other.example, and not of log.example/fairlead');
    expect(() => openCheckpoint(note.replace('\n7\n', '\n8\n'), log)).toThrow('the signature of log.example/fairlead');
  });

  it('may have lines that we do not know, and none that are empty', () => {
    const extended = signNote(`${text}something else\n`, signer);
    expect(openCheckpoint(extended, log)).toMatchObject({ size: 7, root, note: extended });
    expect(() => openCheckpoint(signNote(`${text}\nelse\n`, signer), log)).toThrow('an empty line');
    expect(() => readCheckpoint(text.slice(0, -1))).toThrow('does not end');
  });

  it.each<readonly [string, string]>([
    ['18446744073709551615', 'beyond 2^53'],
    ['9007199254740992', 'beyond 2^53'],
    ['1'.repeat(400), 'beyond 2^53'],
    ...['-1', '+1', '007', '1e3', '0x10', '1.0', ' 7', '7 ', '٧', ''].map((size) => [size, 'not a number'] as const),
  ])('of size %j is none', (size, why) => {
    const text = `${signer.name}\n${size}\n${root.toString('base64')}\n`;
    expect(() => openCheckpoint(signNote(text, signer), log)).toThrow(why);
  });

  it.each(['AAAA', `${root.toString('base64')}=`, root.toString('hex'), root.toString('base64url'), '!', ''])(
    'with the root %j is none',
    (root) => {
      expect(() => readCheckpoint(`${signer.name}\n7\n${root}\n`)).toThrow('the root is not a hash');
    },
  );

  it('is not signed with a size or a root that is none', () => {
    for (const size of [-1, 0.5, NaN, 2 ** 53])
      expect(() => signCheckpoint({ size, root }, signer)).toThrow(RangeError);
    expect(() => signCheckpoint({ size: 1, root: Buffer.alloc(31) }, signer)).toThrow('a root of 31 bytes');
    expect(openCheckpoint(signCheckpoint({ size: 2 ** 53 - 1, root }, signer), log).size).toBe(2 ** 53 - 1);
  });
});

describe('the witnesses of a checkpoint', () => {
  const witness = witnessFor('witness.example');
  const other = witnessFor('other.example');

  it('are those whose cosignatures are right, with when they saw it', () => {
    const full = note + witness.cosign(text, 1_700_000_000n) + other.cosign(text, 1_700_000_007n);
    const witnesses = [
      ['witness.example', 1_700_000_000],
      ['other.example', 1_700_000_007],
    ] as const;
    expect(openCheckpoint(full, log, [witness.verifier, other.verifier]).witnesses).toEqual(new Map(witnesses));
    expect(openCheckpoint(full, log, [other.verifier]).witnesses).toEqual(new Map([witnesses[1]]));
    expect(openCheckpoint(full, log).witnesses.size).toBe(0);
  });

  it('count by their keys: two lines of one are one, and so are two names of one', () => {
    const again = witness.cosign(text, 1_700_000_001n);
    const alias = witnessFor('alias.example', witness.pair);
    const full = note + again + again + witness.cosign(text, 1_700_000_000n) + alias.cosign(text, 1_700_000_002n);
    const { witnesses } = openCheckpoint(full, log, [witness.verifier, alias.verifier]);
    expect(witnesses).toEqual(new Map([['witness.example', 1_700_000_001]]));
  });

  it.each([
    ['of another text', () => witness.cosign(`${text}x\n`, 1n)],
    ['of another time', () => witness.cosign(text, 1n, 2n)],
    ['of a time that no number holds', () => witness.cosign(text, 2n ** 63n)],
    ['without a time, as a log signs', () => witness.signAsLog(text)],
  ])('who signed something %s are none, and the checkpoint does not open', (_, line) => {
    expect(() => openCheckpoint(note + line(), log, [witness.verifier])).toThrow('the signature of witness.example');
    expect(openCheckpoint(note + line(), log).witnesses.size).toBe(0);
  });

  it('are taken line by line, each key once, and nothing else is', () => {
    const alias = witnessFor('alias.example', witness.pair);
    const [one, two] = [witness.cosign(text, 7n), other.cosign(text, 8n)];
    const all = [witness.verifier, other.verifier, alias.verifier];
    const lines = readCosignatures(one + two + one + alias.cosign(text, 9n), note, all).map(({ line }) => `${line}\n`);
    expect(lines).toEqual([one, two]);
    expect(openCheckpoint(note + lines.join(''), log, all).witnesses.size).toBe(2);
    for (const wrong of ['', '\n', one.slice(0, -1), `${one}\n`, `${one}x\n`, witness.cosign(`${text}x\n`, 7n)])
      expect(() => readCosignatures(wrong, note, all)).toThrow();
    const ofLog = note.slice(text.length + 1);
    for (const nobody of [two, one + two, ofLog])
      expect(() => readCosignatures(nobody, note, [witness.verifier])).toThrow('of nobody who is a witness here');
    expect(() => readCosignatures(ofLog, note, [log])).toThrow('of nobody who is a witness here');
    expect(() => readCosignatures(one.repeat(65), note, all)).toThrow('more than 64 signatures');
  });

  it('do not stand in for the log', () => {
    const cosigned = `${text}\n${witness.cosign(text, 1n)}`;
    expect(() => openCheckpoint(cosigned, log, [witness.verifier])).toThrow('not signed by log.example/fairlead');
    expect(() => openCheckpoint(cosigned, witness.verifier)).toThrow('not signed by witness.example');
  });

  it('are read in the form of another implementation', () => {
    // The example of c2sp.org/tlog-cosignature: its keys are not published, its lines are.
    const example =
      'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n' +
      '— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n' +
      '— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n';
    const { text } = openNote(example, []);
    expect(readCheckpoint(text)).toMatchObject({ origin: 'example.com/behind-the-sofa', size: 20_852_163 });
  });
});
