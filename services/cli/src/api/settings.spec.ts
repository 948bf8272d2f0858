import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { adminKeyFile, apiSettings } from './settings.js';

describe('the system that a command talks to', () => {
  it('is what the environment says', () => {
    expect(apiSettings({ FAIRLEAD_URL: 'https://leads.example.com/', FAIRLEAD_API_KEY: 'flk_1_x' })).toEqual({
      url: 'https://leads.example.com',
      key: 'flk_1_x',
    });
  });

  it('is this machine, with the administrator’s key of the data folder, when nothing is said', () => {
    const environment = { FAIRLEAD_DATA_DIR: mkdtempSync(join(tmpdir(), 'fairlead-')), FAIRLEAD_PORT: '8181' };
    writeFileSync(adminKeyFile(environment), 'kept-key\n');
    expect(apiSettings(environment)).toEqual({ url: 'http://127.0.0.1:8181', key: 'kept-key' });
    rmSync(environment.FAIRLEAD_DATA_DIR, { recursive: true });
  });

  it('cannot be reached without a key', () => {
    expect(() => apiSettings({ FAIRLEAD_DATA_DIR: '/nowhere' })).toThrow('There is no API key: set FAIRLEAD_API_KEY');
  });

  it.each(['leads.example.com', 'file:///etc/passwd', ''])('is not at %j', (FAIRLEAD_URL) => {
    expect(() => apiSettings({ FAIRLEAD_URL, FAIRLEAD_API_KEY: 'x' })).toThrow('is not an http or https address');
  });
});
