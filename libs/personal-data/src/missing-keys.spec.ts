import { Logger } from '@nestjs/common';
import { jest } from '@jest/globals';
import { keysMissing, MissingKeys } from './missing-keys.js';

describe('the alarm for keys that are missing', () => {
  it('counts once a minute, tells once an hour, and remarks for an hour', async () => {
    const told = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const count = async () => (await keysMissing.get()).values[0]?.value;
    let now = 0;
    const missing = new MissingKeys(() => now);
    expect([await count(), missing.remark()]).toEqual([0, undefined]);
    for (const at of [0, 59_999, 60_000, 3_599_999, 3_600_000]) {
      now = at;
      missing.note('a lead');
    }
    expect(await count()).toBe(3);
    expect(told.mock.calls).toEqual([[{ event: 'personal-data.key-missing', lead: 'a lead' }]]);
    expect(missing.remark()).toBe('1 key is missing of leads that were never erased');
    now += 60_000;
    missing.note('a lead');
    expect(told).toHaveBeenCalledTimes(2);
    now += 3_600_000;
    expect(missing.remark()).toBeUndefined();
    told.mockRestore();
  });
});
