import fc from 'fast-check';
import { timesToEvent } from './time-to-event.js';
import { type TimedLeads, timesReport } from './times-report.js';

describe('how long it takes each party', () => {
  const timed = () =>
    fc.array(
      fc.record({
        party: fc.constantFrom('direct', 'acme', 'bolt'),
        time: fc.integer({ min: 0, max: 30 }),
        happened: fc.nat(4),
        open: fc.nat(4),
      }),
    );
  const each = (leads: readonly TimedLeads[], what: 'happened' | 'open') =>
    leads.flatMap((one) => Array.from({ length: one[what] }, () => one.time));

  it('is the curve of the leads one by one, of a party and of all partners together', () => {
    fc.assert(
      fc.property(timed(), (all) => {
        const { channels, parties } = timesReport(all);
        const curveOf = (of: (party: string) => boolean) => {
          const leads = all.filter(({ party }) => of(party));
          return timesToEvent({ happened: each(leads, 'happened'), open: each(leads, 'open') });
        };
        expect(channels.channel.curve).toStrictEqual(curveOf((party) => party !== 'direct'));
        for (const [party, { curve }] of Object.entries(parties))
          expect(curve).toStrictEqual(curveOf((one) => one === party));
        const sum = Object.values(parties).reduce((total, { leads }) => total + leads, 0);
        expect(channels.direct.leads + channels.channel.leads).toBe(sum);
      }),
    );
  });

  it('is told to the last bit alike, in whatever order and groups they were counted', () => {
    fc.assert(
      fc.property(timed(), (all) => {
        expect(JSON.stringify(timesReport([...all].reverse()))).toBe(JSON.stringify(timesReport(all)));
      }),
    );
  });

  it('takes leads that are still open for neither quick nor slow', () => {
    const { parties } = timesReport([
      { party: 'acme', time: 2, happened: 3, open: 0 },
      { party: 'acme', time: 720, happened: 0, open: 2 },
      // Of yesterday.
      { party: 'acme', time: 0, happened: 0, open: 1_000 },
    ]);
    expect(parties['acme']).toMatchObject({
      leads: 1_005,
      happened: 3,
      median: { time: 2 },
      threeQuarters: { time: null },
    });
  });
});
