import { identityKeys, matchLead } from './identity.js';

describe('who is the same', () => {
  it('is told by the source’s id, the email and the phone, in this order', () => {
    const lead = { sourceId: 'web', externalId: '7', contact: { email: 'Jane@example.com', phone: '+4930901820' } };
    expect(identityKeys(lead)).toEqual([
      { kind: 'externalId', value: 'web 7' },
      { kind: 'email', value: 'jane@example.com' },
      { kind: 'phone', value: '+4930901820' },
    ]);
    expect(identityKeys({ sourceId: 'web', contact: {} })).toEqual([]);
  });

  const known = (leadId: string, hasEmail = true) => ({ leadId, hasEmail });

  it('the first that matches counts', () => {
    const found = { externalId: known('a'), email: known('b'), phone: known('c') };
    expect(matchLead(found, true)).toEqual({ leadId: 'a', matchedBy: 'externalId' });
    expect(matchLead({ email: known('b'), phone: known('c') }, true)).toEqual({ leadId: 'b', matchedBy: 'email' });
    expect(matchLead({}, true)).toBeUndefined();
  });

  it('two people at one switchboard are two', () => {
    expect(matchLead({ phone: known('c', true) }, true)).toBeUndefined();
    expect(matchLead({ phone: known('c', true) }, false)).toEqual({ leadId: 'c', matchedBy: 'phone' });
    expect(matchLead({ phone: known('c', false) }, true)).toEqual({ leadId: 'c', matchedBy: 'phone' });
  });
});
