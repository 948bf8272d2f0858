import { generateKeyPairSync, hash, sign } from 'node:crypto';
import fc from 'fast-check';
import {
  fromBase64,
  generateSigner,
  openNote,
  readSignerKey,
  readVerifierKey,
  signerKey,
  signerOf,
  signNote,
  verifierKey,
} from './signed-note.js';

const signer = generateSigner('log.example/fairlead');
const log = readVerifierKey(verifierKey(signer));

describe('a signed note', () => {
  it('is a text, a blank line and a signature, by which it opens', () => {
    const note = signNote('one\n\ntwo\n', signer);
    expect(note).toMatch(/^one\n\ntwo\n\n— log\.example\/fairlead [A-Za-z0-9+/]{91}=\n$/);
    const opened = { text: 'one\n\ntwo\n', signedBy: [log], seenAt: new Map() };
    expect(openNote(note, [log])).toEqual(opened);
    expect(openNote(Buffer.from(note), [log])).toEqual(opened);
  });

  it('of other implementations opens', () => {
    // The examples of c2sp.org/signed-note and of the documentation of golang.org/x/mod/sumdb/note.
    for (const [key, text, line] of [
      [
        'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k',
        'This is an example message.\n',
        '— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n',
      ],
      [
        'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
        "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n",
        '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n',
      ],
    ] as const) {
      const known = readVerifierKey(key);
      expect(openNote(`${text}\n${line}`, [known]).signedBy).toEqual([known]);
      expect(verifierKey(known)).toBe(key);
    }
  });

  it('leaves signatures of unknown keys alone, also those that share a name or an id with a known one', () => {
    const other = generateSigner(signer.name);
    const sameId = `— elsewhere ${Buffer.concat([log.keyId, Buffer.alloc(64)]).toString('base64')}\n`;
    const unknownType = `— log.example/fairlead ${Buffer.alloc(3_000, 3).toString('base64')}\n`;
    const byOther = signNote('text\n', other).slice('text\n\n'.length);
    const note = signNote('text\n', signer) + byOther + sameId + unknownType;
    expect(openNote(note, [log]).signedBy).toEqual([log]);
    expect(openNote(`text\n\n${byOther}`, [log]).signedBy).toEqual([]);
  });

  it('whose known signature is wrong does not open, whatever else signed it', () => {
    const two = generateSigner('two.example');
    const line = signNote('other\n', two).slice('other\n\n'.length);
    const note = signNote('text\n', signer) + line;
    expect(openNote(note, [log]).signedBy).toEqual([log]);
    expect(() => openNote(note, [log, readVerifierKey(verifierKey(two))])).toThrow('the signature of two.example');
    expect(() => openNote(note.replace('text', 'next'), [log])).toThrow('the signature of log.example/fairlead');
    const short = `text\n\n— ${log.name} ${Buffer.concat([log.keyId, Buffer.alloc(63)]).toString('base64')}\n`;
    expect(() => openNote(short, [log])).toThrow('the signature of log.example/fairlead');
  });

  it('does not open with two known keys of one name and id, which could not be told apart', () => {
    const twin = { ...log, publicKey: readVerifierKey(verifierKey(generateSigner(log.name))).publicKey };
    expect(() => openNote(signNote('text\n', signer), [log, twin])).toThrow('two known keys are log.example/fairlead');
    expect(openNote(signNote('text\n', signer), [log, { ...log }]).signedBy).toHaveLength(1);
  });

  it.each([
    ['', 'no blank line'],
    ['text\n', 'no blank line'],
    ['text\n\n', 'a line after the blank one is no signature'],
    ['text\n\n— name\n', 'no signature'],
    ['text\n\n— name AAAAAA==\n', 'no signature'],
    ['text\n\n— name AAAAAAAA \n', 'no signature'],
    ['text\n\n— name AAAAAAA\n', 'no signature'],
    ['text\n\n— name AAAAAAB=\n', 'no signature'],
    ['text\n\n—  AAAAAAAA\n', 'no signature'],
    ['text\n\n- name AAAAAAAA\n', 'no signature'],
    ['text\n\n— na+me AAAAAAAA\n', 'no signature'],
    ['text\n\n— na\u00a0me AAAAAAAA\n', 'no signature'],
    ['text\n\n— name AAAAAAAA', 'does not end'],
    ['text\n\n— name AAAAAAAA\r\n', 'no signature'],
    ['te\u0000xt\n\n— name AAAAAAAA\n', 'control characters'],
    ['te\txt\n\n— name AAAAAAAA\n', 'control characters'],
    ['text\r\n\n— name AAAAAAAA\n', 'control characters'],
    ['te\ud800xt\n\n— name AAAAAAAA\n', 'not UTF-8'],
    ['\n\n— name AAAAAAAA\n', 'no text'],
    ['text\n\n' + Array.from({ length: 65 }, (_, at) => `— name${at} AAAAAAAA\n`).join(''), 'more than 64'],
    [`${'x'.repeat(70_000)}\n\n— name AAAAAAAA\n`, 'longer than'],
  ])('is not %j', (text, why) => {
    expect(() => openNote(text, [])).toThrow(why);
  });

  it('is not bytes that are not UTF-8, nor a text that only looks the same', () => {
    const note = Buffer.from(signNote('text\n', signer));
    expect(() => openNote(Buffer.concat([Buffer.of(0xff), note]), [log])).toThrow('not UTF-8');
    // In a line of somebody unknown nothing else would see it.
    expect(() => openNote(Buffer.concat([note, Buffer.from('— na'), Buffer.of(0xc3, 0x28)]), [log])).toThrow(
      'not UTF-8',
    );
    expect(() => openNote(Buffer.concat([Buffer.from('\ufeff'), note]), [log])).toThrow('the signature of');
  });

  it('opens or says why not, whatever it is given', () => {
    const pieces = fc.constantFrom('\n', '\n\n', '— ', 'name', ' ', 'AAAAAAAA', '=', '+', '\u0000', '€', log.name);
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(pieces, { maxLength: 20 }).map((all) => all.join('')),
          fc.string(),
        ),
        (text) => {
          try {
            expect(openNote(text, [log]).signedBy).toEqual([]);
          } catch (error) {
            expect(error).toMatchObject({ name: 'MalformedNote' });
          }
        },
      ),
    );
  });
});

describe('a key', () => {
  it('reads as it was written', () => {
    expect(verifierKey(log)).toMatch(/^log\.example\/fairlead\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}$/);
    expect(readVerifierKey(` ${verifierKey(signer)}\n`)).toMatchObject({ name: signer.name, isWitness: false });
    const secret = signerKey(signer);
    expect(secret).toMatch(/^PRIVATE\+KEY\+log\.example\/fairlead\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}$/);
    expect(signNote('text\n', readSignerKey(secret))).toBe(signNote('text\n', signer));
  });

  it('to sign with is that of another implementation', () => {
    // The key of golang.org/x/mod/sumdb/note's own documentation, public since it was written.
    const known = readSignerKey('PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz');
    expect(verifierKey(known)).toBe('PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW');
  });

  it.each([
    ['', 'reads name+hex'],
    ['name+00000000+AQ==', 'reads name+hex'],
    [verifierKey(log).replace('fairlead', 'other'), 'not that of its name'],
    [verifierKey(log).slice(0, -1), 'reads name+hex'],
    [`${verifierKey(log)}+`, 'reads name+hex'],
    [verifierKey(log).replace(/\+[0-9a-f]{8}\+/, (id) => id.toUpperCase().replace(/[0-9]/g, 'A')), 'reads name+hex'],
    [`+00000000+${Buffer.alloc(33, 1).toString('base64')}`, 'reads name+hex'],
    [`name+00000000+${Buffer.concat([Buffer.of(2), Buffer.alloc(32)]).toString('base64')}`, 'not an Ed25519 key'],
    [`name+00000000+${Buffer.concat([Buffer.of(1), Buffer.alloc(32)]).toString('base64')}`, 'not that of its name'],
  ])('is not %j', (text, why) => {
    expect(() => readVerifierKey(text)).toThrow(why);
  });

  it('to sign with is not told in what is said about it', () => {
    const secret = signerKey(signer);
    const seed = secret.slice(-44);
    for (const text of [
      secret.slice(0, -4),
      secret.replace('fairlead', 'other'),
      secret.replace('PRIVATE', 'PUBLIC'),
    ]) {
      let said = '';
      try {
        readSignerKey(text);
      } catch (error) {
        said = String(error);
      }
      expect(said).toMatch(/^MalformedNote: /);
      expect(said).not.toContain(seed.slice(0, 12));
    }
  });

  it('has a name without blanks and plus signs, and is of Ed25519', () => {
    for (const name of ['', 'a b', 'a+b', 'a\nb', 'a\u2003b', 'x'.repeat(256), '\ud800'])
      expect(() => generateSigner(name)).toThrow('the name of a key');
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    expect(() => signerOf('name', privateKey)).toThrow('not an Ed25519 key');
  });

  it('of one bit more or less is another', () => {
    const text = verifierKey(log);
    for (let at = 0; at < text.length; at++)
      for (let bit = 0; bit < 7; bit++) {
        const changed = text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ (1 << bit)) + text.slice(at + 1);
        // White space at the end is not looked at; nothing else may differ.
        if (changed.trim() !== text) expect(() => readVerifierKey(changed)).toThrow();
      }
  });
});

describe('base64', () => {
  it('is read only as it is written', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), (bytes) => {
        expect(fromBase64(Buffer.from(bytes).toString('base64'))).toEqual(Buffer.from(bytes));
      }),
    );
    for (const text of ['', 'AA', 'AAA', 'AB==', 'AAA=A', 'A A=', 'AAAA\n', '-_-_', 'AAAA===='])
      expect(fromBase64(text)).toBeUndefined();
  });
});

it('computes a key id as the specification says', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  const id = hash('sha256', Buffer.concat([Buffer.from('name\n'), Buffer.of(1), raw]), 'buffer').subarray(0, 4);
  expect(signerOf('name', privateKey).keyId).toEqual(id);
  const line = Buffer.concat([id, sign(null, Buffer.from('text\n'), privateKey)]).toString('base64');
  expect(signNote('text\n', signerOf('name', privateKey))).toBe(`text\n\n— name ${line}\n`);
});
