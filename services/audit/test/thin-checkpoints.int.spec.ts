import { verifyLog } from '@fairlead/transparency-log';
import { eventually, LogSystem, someEvents } from './fixture/log-system.js';

// Twice a second a checkpoint was signed, and each was kept: 155,000 a day. Every export listed all of them and wrote a file for each, and
// every verification opened each, long after the log itself had been read.
describe('checkpoints that are kept', () => {
  let system: LogSystem;
  beforeAll(async () => {
    system = await LogSystem.open();
    await system.start();
  });
  afterAll(() => system?.close());

  it('are all of the last minutes, then one a minute, after a day one an hour, and whatever a witness has signed', async () => {
    for (let size = 1; size <= 8; size += 1) {
      await system.tell(...someEvents(1));
      await system.untilPublished(size);
    }
    const noteOf = async (size: number) => {
      const [row] = await system.rows<{ note: string }>(`SELECT note FROM checkpoints WHERE size = ${size}`);
      return row?.note ?? '';
    };
    const taken = [await noteOf(1), await noteOf(5)];
    await system.rows(`UPDATE checkpoints SET at = CASE size
        WHEN 1 THEN date_trunc('hour', now()) - interval '3 days' + interval '10 min'
        WHEN 2 THEN date_trunc('hour', now()) - interval '3 days' + interval '20 min'
        WHEN 3 THEN date_trunc('hour', now()) - interval '3 days' + interval '60 min'
        WHEN 4 THEN date_trunc('minute', now()) - interval '3 hours' + interval '1 s'
        WHEN 5 THEN date_trunc('minute', now()) - interval '3 hours' + interval '2 s'
        WHEN 6 THEN date_trunc('minute', now()) - interval '3 hours' + interval '3 s'
        ELSE date_trunc('minute', now()) - interval '2 min' END;
      INSERT INTO cosignatures (size, key, line) VALUES (4, 'of a witness', '— witness.example/one line')`);
    await system.stop();
    await system.start();

    const kept = [0, 2, 3, 4, 6, 7, 8];
    await eventually(async () =>
      expect(
        (await system.rows<{ size: string }>('SELECT size FROM checkpoints ORDER BY size')).map(({ size }) =>
          Number(size),
        ),
      ).toEqual(kept),
    );
    const { checkpoints } = JSON.parse((await system.get('/log/checkpoints')).text) as {
      checkpoints: { size: number; note: string }[];
    };
    expect(checkpoints.map(({ size }) => size)).toEqual(kept);

    // Whoever took one away that is kept no longer: it is of the same log, as the tiles show.
    const log = await system.verifier();
    // The line of the witness is made up, and no signature.
    const listed = checkpoints.flatMap(({ size, note }) => (size === 4 ? [] : note));
    for (const since of [...taken, ...listed]) {
      const { checkpoint } = await verifyLog(system.storage, { log, since });
      expect(checkpoint.size).toBe(8);
    }
    await system.tell(...someEvents(1));
    await system.untilPublished(9);
  });
});
