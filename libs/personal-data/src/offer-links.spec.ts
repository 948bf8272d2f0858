import { randomBytes, randomUUID } from 'node:crypto';
import { OfferLinks } from './offer-links.js';

describe('a link that answers an offer', () => {
  const links = new OfferLinks(randomBytes(32));
  const link = { leadId: randomUUID(), offer: 3, acceptBy: Date.UTC(2030, 0, 1) };
  const token = links.sign(link, 'acme');

  it('says which lead, which offer and until when, and is for its party alone', () => {
    expect(links.read(token)).toEqual(link);
    expect([links.isFor(token, 'acme'), links.isFor(token, 'bolt'), links.isFor(token, '')]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('says nothing when any byte of it was changed, or it was made with another key', () => {
    const bytes = Buffer.from(token, 'base64url');
    for (let place = 0; place < bytes.length; place++) {
      const changed = Buffer.from(bytes);
      changed[place] = (changed[place] ?? 0) ^ 1;
      const altered = changed.toString('base64url');
      expect(links.read(altered) !== undefined && links.isFor(altered, 'acme')).toBe(false);
    }
    expect(new OfferLinks(randomBytes(32)).read(token)).toBeUndefined();
    for (const other of ['', token.slice(1), `${token}A`, `${token.slice(0, -1)}=`, '../../v1/keys'])
      expect(links.read(other)).toBeUndefined();
  });

  it('does not say whose it is', () => {
    expect(Buffer.from(token, 'base64url').includes('acme')).toBe(false);
    expect(token).toHaveLength(78);
  });
});
