import { Environment } from '@fairlead/platform';
import { readSettings } from './config.js';

function read(env: NodeJS.ProcessEnv) {
  const environment = new Environment(env);
  const settings = readSettings(environment);
  environment.refuseProblems();
  return settings;
}

describe('the settings of webhooks', () => {
  it('need nothing: 75 hours of retries, public addresses only', () => {
    expect(read({})).toMatchObject({ retryScale: 1, deadlineMs: 15_000, publicUrl: 'http://127.0.0.1:8080' });
    expect(read({}).guard.verdict('127.0.0.1')).toBe('refused');
  });

  it('say where partners reach the API', () => {
    expect(read({ FAIRLEAD_PORT: '9090' }).publicUrl).toBe('http://127.0.0.1:9090');
    expect(read({ FAIRLEAD_PUBLIC_URL: 'https://leads.vendor.test/' }).publicUrl).toBe('https://leads.vendor.test');
  });

  it.each([
    ['FAIRLEAD_WEBHOOK_ALLOW', '10.0.0.1'],
    ['FAIRLEAD_WEBHOOK_RETRY_SCALE', 'fast'],
    ['FAIRLEAD_WEBHOOK_LEASE', '20s'],
    ['FAIRLEAD_WEBHOOK_DISABLE_AFTER', '1ms'],
    ['FAIRLEAD_SMTP_URL', 'https://relay.vendor.test'],
    ['FAIRLEAD_MAIL_FROM', 'leads@vendor.test\r\nbcc: x@y.test'],
    ['FAIRLEAD_PUBLIC_URL', 'leads.vendor.test'],
  ])('refuse a bad %s by name', (name, value) => {
    expect(() => read({ [name]: value })).toThrow(name);
  });

  it('name a relay for e-mails together with whom they are from, and no password in its address', () => {
    const both = { FAIRLEAD_SMTP_URL: 'smtp://relay.vendor.test', FAIRLEAD_MAIL_FROM: 'leads@vendor.test' };
    expect(read(both).mail).toMatchObject({ host: 'relay.vendor.test', port: 587, secure: false, plaintext: false });
    expect(read({ ...both, FAIRLEAD_SMTP_URL: 'smtps://relay.vendor.test' }).mail).toMatchObject({
      port: 465,
      secure: true,
    });
    expect(read({}).mail).toBeUndefined();
    expect(() => read({ FAIRLEAD_SMTP_URL: both.FAIRLEAD_SMTP_URL })).toThrow('FAIRLEAD_MAIL_FROM');
    expect(() => read({ FAIRLEAD_MAIL_FROM: both.FAIRLEAD_MAIL_FROM })).toThrow('FAIRLEAD_SMTP_URL');
    expect(() => read({ ...both, FAIRLEAD_SMTP_URL: 'smtp://u:secret@relay.vendor.test' })).toThrow('CREDENTIALS_FILE');
  });
});
