import { crashPoints } from '../src/index.js';
import { Road } from './fixture/road.js';

/**
 * A batch takes whatever has piled up, and offsets are committed twice a second, so the n-th hit of a point may need more
 * than n sendings to be reached.
 */
const MAX_STEPS = 100;

describe('messaging, with a real database, a real broker and processes that die', () => {
  let road: Road;
  beforeAll(async () => {
    road = await Road.open();
  });
  afterEach(() => road.stopAll());
  afterAll(() => road.close());

  it('carries every event once and in order when nothing goes wrong', async () => {
    await road.start();
    const leads = await road.send(50, 6);
    await road.expectExactlyOnce(leads, 6);
  });

  // The points of HTTP intake, of parking and of deliveries are enumerated where those are tested.
  const here = crashPoints.filter((point) => /^(consumer|unit|outbox)\./.test(point));
  it.each(here.flatMap((point) => [1, 2].map((hit) => `${point}:${hit}`)))(
    'loses nothing and does nothing twice when it dies at %s',
    async (crashAt) => {
      const { deaths } = await road.supervise(crashAt);
      const leads = await road.send(10, 1);
      let steps = 1;
      while (deaths() === 0 && steps < MAX_STEPS) {
        await road.send(leads, 1, (steps += 1));
        await road.settled(leads, steps);
      }
      await road.send(leads, 2, steps + 1);

      await road.expectExactlyOnce(leads, steps + 2);
      expect(deaths()).toBe(1);
    },
  );
});
