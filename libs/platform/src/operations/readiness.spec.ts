import { ReadinessProbes } from './readiness.js';

describe('readiness', () => {
  it('holds when every probe is content, and names what is not', async () => {
    const probes = new ReadinessProbes();
    probes.add('database', () => undefined);
    expect(await probes.check(0)).toEqual({ ready: true, checks: [{ name: 'database', ok: true }] });
    probes.add('kafka', async () => 'not reached yet');
    probes.add('keys', async () => {
      throw new Error('postgres://user:secret@host');
    });
    expect(await probes.check(1_000)).toEqual({
      ready: false,
      checks: [
        { name: 'database', ok: true },
        { name: 'kafka', ok: false, reason: 'not reached yet' },
        { name: 'keys', ok: false, reason: 'failed' },
      ],
    });
  });

  it('holds whatever there is to remark on, and shows it', async () => {
    const probes = new ReadinessProbes();
    const remarks: string[] = [];
    probes.add('database', () => undefined);
    probes.remark('personal data', () => remarks[0]);
    expect(await probes.check(0)).toEqual({ ready: true, checks: [{ name: 'database', ok: true }] });
    remarks.push('a key is missing');
    expect(await probes.check(1_000)).toEqual({
      ready: true,
      checks: [
        { name: 'database', ok: true },
        { name: 'personal data', ok: true, remark: 'a key is missing' },
      ],
    });
  });

  it('asks once a second at most, however many ask', async () => {
    const probes = new ReadinessProbes();
    let asked = 0;
    probes.add('database', () => {
      asked += 1;
      return undefined;
    });
    await Promise.all([probes.check(0), probes.check(500), probes.check(999)]);
    expect(asked).toBe(1);
    await probes.check(1_000);
    expect(asked).toBe(2);
  });

  it('does not wait for a probe that hangs', async () => {
    const probes = new ReadinessProbes();
    probes.add('database', () => new Promise(() => undefined));
    expect(await probes.check(0)).toEqual({
      ready: false,
      checks: [{ name: 'database', ok: false, reason: 'no answer in time' }],
    });
  });
});
