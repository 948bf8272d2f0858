import { contentHash } from '../document/content-hash.js';
import { AnnouncedAccounts } from './announced-accounts.js';

const accounts = Array.from({ length: 5 }, (_, index) => ({ domain: `a${index}.com`, owner: 'north', from: index }));
const document = { owner: 'sales', entries: accounts };
const hash = contentHash(document);
const about = { name: 'emea', version: 2, hash };
const chunks = [
  { ...about, chunk: 1, entries: accounts.slice(0, 2) },
  { ...about, chunk: 2, entries: accounts.slice(2, 4) },
] as const;
const changed = { ...about, owner: 'sales', chunks: 2, count: 5, entries: accounts.slice(4), actor: 'a-key' };

describe('a version of a list, announced in chunks', () => {
  it('is put together when all of it is there, however often a chunk was told', () => {
    const announced = new AnnouncedAccounts();
    for (const chunk of [chunks[0], chunks[1], chunks[1], chunks[0]]) announced.chunk(chunk);
    expect(announced.changed(changed)).toEqual({ complete: true, document });
  });

  it('is in one event where it is short', () => {
    expect(new AnnouncedAccounts().changed({ ...changed, chunks: 0, entries: accounts })).toEqual({
      complete: true,
      document,
    });
  });

  it('does not count while a chunk is missing, is of another version, or holds other entries', () => {
    const after = (...told: (typeof chunks)[number][]) => {
      const announced = new AnnouncedAccounts();
      for (const chunk of told) announced.chunk(chunk);
      return announced;
    };
    const missing = { complete: false, why: 'chunk-missing' };
    expect(after(chunks[0]).changed(changed)).toEqual(missing);
    expect(after().changed(changed)).toEqual(missing);
    expect(after(chunks[0], { ...chunks[1], version: 1 }).changed(changed)).toEqual(missing);
    expect(after({ ...chunks[0], version: 1 }, { ...chunks[1], version: 1 }).changed(changed)).toEqual(missing);
    expect(after({ ...chunks[0], hash: 'b' }, { ...chunks[1], hash: 'b' }).changed(changed)).toEqual(missing);
    expect(after(...chunks).changed({ ...changed, count: 6 })).toEqual({ complete: false, why: 'other-count' });
    expect(after(chunks[0], { ...chunks[1], entries: accounts.slice(0, 2) }).changed(changed)).toEqual({
      complete: false,
      why: 'other-hash',
    });
    expect(after(...chunks).changed({ ...changed, owner: 'somebody else' })).toEqual({
      complete: false,
      why: 'other-hash',
    });
  });

  it('does not count a second time', () => {
    const announced = new AnnouncedAccounts();
    for (const chunk of chunks) announced.chunk(chunk);
    announced.changed(changed);
    expect(announced.changed(changed)).toEqual({ complete: false, why: 'chunk-missing' });
  });
});
