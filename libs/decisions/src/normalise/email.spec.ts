import fc from 'fast-check';
import isemail from 'isemail';
import { readEmail } from './email.js';
import { sharedData } from '../../test/shared-data.js';

describe('an e-mail address', () => {
  it('keeps its local part and has its domain in lower case', () => {
    expect(readEmail('Jane.Doe@Mail.Example.COM')).toEqual({
      address: 'Jane.Doe@mail.example.com',
      domain: 'mail.example.com',
      registrable: 'example.com',
      kind: 'company',
    });
  });

  it('loses blanks around it', () => {
    expect(readEmail(' \tjane@example.com\u00a0')?.address).toBe('jane@example.com');
  });

  it('has an international domain in ASCII, so that both spellings are one address', () => {
    expect(readEmail('info@Bücher.example')?.address).toBe('info@xn--bcher-kva.example');
    expect(readEmail('info@xn--bcher-kva.example')?.address).toBe('info@xn--bcher-kva.example');
  });

  it('may have an international local part', () => {
    expect(readEmail('jörg@example.com')?.address).toBe('jörg@example.com');
  });

  it.each([
    ['a line break, which would end a mail header', 'jane@example.com\r\nBcc: all@example.com'],
    ['a line break at its end', 'jane@example.com\n'],
    ['NUL', 'jane\0@example.com'],
    ['a lone surrogate', 'jane\ud800@example.com'],
    ['an invisible space', 'ja\u200bne@example.com'],
    ['a display name', 'Jane <jane@example.com>'],
    ['two addresses', 'jane@example.com, joe@example.com'],
    ['a quoted local part', '"jane doe"@example.com'],
    ['an address literal', 'jane@[192.0.2.1]'],
    ['a domain of one label', 'jane@localhost'],
    ['an address of the internet as its domain', 'jane@192.0.2.1'],
    ['a label of more than 63 characters', `jane@${'a'.repeat(64)}.com`],
    ['a local part of more than 64 characters', `${'a'.repeat(65)}@example.com`],
    ['more than 254 characters', `jane@${'a.'.repeat(130)}com`],
    ['broken punycode', 'jane@xn--a.example'],
    ['nothing before the @', '@example.com'],
    ['nothing', ''],
  ])('is refused with %s', (_what, address) => {
    expect(readEmail(address)).toBeUndefined();
  });

  it.each([
    ['jane@gmail.com', 'free'],
    ['jane@mail.yahoo.co.uk', 'free'],
    ['jane@mailinator.com', 'disposable'],
    ['jane@0-mail.com', 'disposable'],
    ['info@example.com', 'role'],
    ['Sales+web@example.com', 'role'],
    ['info@gmail.com', 'free'],
    ['jane.info@example.com', 'company'],
  ])('%s is %s', (address, kind) => {
    expect(readEmail(address)?.kind).toBe(kind);
  });

  it('is judged by the short way as isemail would judge it', () => {
    const labels = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?$/);
    const local = fc.oneof(fc.stringMatching(/^[\w+.-]{1,70}$/), fc.stringMatching(/^[\w+-]{1,10}(\.[\w+-]{1,10})?$/));
    fc.assert(
      fc.property(local, fc.array(labels, { minLength: 2, maxLength: 4 }), (name, domain) => {
        const address = `${name}@${domain.join('.')}`;
        const expected = isemail.validate(address, { errorLevel: true }) === 0;
        // Punycode is decoded on our way, and may then turn out to be none. isemail takes one label for a domain.
        if (!address.includes('xn--')) expect(readEmail(address) !== undefined).toBe(expected);
      }),
      { numRuns: 2_000 },
    );
  });

  const edgeCases = sharedData('email_edge_cases.csv');
  (edgeCases ? it : it.skip)('passes the cases of the isemail suite (../shared/data/email_edge_cases.csv)', () => {
    const cases = [...(edgeCases ?? '').matchAll(/^\d+,"(.*)",(ISEMAIL_\w+),(ISEMAIL_\w+)\r?$/gm)];
    expect(cases.length).toBeGreaterThanOrEqual(80);
    for (const [, quoted = '', category] of cases) {
      const address = JSON.parse(quoted.replaceAll('""', '"')) as string;
      // A warning about DNS is not one about the address; a blank before it is cut.
      const good =
        ['ISEMAIL_VALID_CATEGORY', 'ISEMAIL_DNSWARN'].includes(category ?? '') || address === ' test@iana.org';
      expect({ address, accepted: readEmail(address) !== undefined }).toEqual({ address, accepted: good });
    }
  });
});
