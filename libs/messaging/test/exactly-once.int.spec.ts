import { crashPoints } from '../src/index.js';
import { Road } from './fixture/road.js';

describe('messaging, with a real database, a real broker and processes that die', () => {
  let road: Road;
  beforeEach(async () => {
    road = await Road.open();
  });
  afterEach(() => road.close());

  it('carries every event once and in order when nothing goes wrong', async () => {
    await road.start();
    const leads = await road.send(50, 6);
    await road.expectExactlyOnce(leads, 6);
  });

  // The points of HTTP intake and of deliveries belong to services and are enumerated there.
  const here = crashPoints.filter((point) => /^(consumer|unit|outbox)\./.test(point));
  it.each(here.flatMap((point) => [1, 2, 3].map((hit) => `${point}:${hit}`)))(
    'loses nothing and does nothing twice when it dies at %s',
    async (crashAt) => {
      const { deaths } = await road.supervise(crashAt);
      const leads = await road.send(10, 4);
      const more = await road.send(10, 4);
      await road.expectExactlyOnce([...leads, ...more], 4);
      await road.until(
        () => Promise.resolve(deaths() === 1),
        5_000,
        () => `${crashAt} was never reached`,
      );
    },
  );
});
