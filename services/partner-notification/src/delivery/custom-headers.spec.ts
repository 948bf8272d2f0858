import { normalised, refusalOfHeaders } from './custom-headers.js';

describe('a partner’s own headers', () => {
  it('may be what its gateway asks for', () => {
    const headers = { Authorization: 'Bearer abc.def', 'X-Tenant': 'acme 7' };
    expect(refusalOfHeaders(headers)).toBeUndefined();
    expect(normalised(headers)).toEqual({ authorization: 'Bearer abc.def', 'x-tenant': 'acme 7' });
  });

  it.each([
    ...['webhook-id', 'Webhook-Signature', 'content-type', 'Content-Length', 'host', 'connection', 'Transfer-Encoding'],
    ...['te', 'upgrade', 'expect', 'proxy-authorization', 'user-agent', 'keep-alive', 'trailer'],
  ])('may not be %s, by which a webhook is read or recognised', (name) => {
    expect(refusalOfHeaders({ [name]: 'x' })).toContain(name.toLowerCase());
  });

  it.each([
    ['a line end in a value', { 'x-a': 'a\r\nwebhook-id: b' }],
    ['a lone line feed', { 'x-a': 'a\nb' }],
    ['letters beyond ASCII', { 'x-a': 'größe' }],
    ['a blank at the end', { 'x-a': 'a ' }],
    ['no value', { 'x-a': '' }],
    ['a number', { 'x-a': 1 }],
    ['a very long value', { 'x-a': 'a'.repeat(2_049) }],
    ['a name that is none', { 'x a': 'a' }],
    ['a name with a colon', { 'x:a': 'a' }],
    ['no name', { '': 'a' }],
    ['one header twice', { 'x-a': 'a', 'X-A': 'b' }],
    ['more than sixteen', Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`x-${i}`, 'a']))],
  ])('are refused with %s, and the refusal repeats no value', (_, headers) => {
    const refusal = refusalOfHeaders(headers);
    expect(refusal).toBeDefined();
    expect(refusal).not.toContain('webhook-id: b');
  });
});
