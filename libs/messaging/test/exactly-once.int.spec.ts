import { crashPoints } from '../src/index.js';
import { Road } from './fixture/road.js';

/**
 * A batch takes whatever has piled up, and offsets are committed twice a second, so the n-th hit of a point may need more
 * than n sendings to be reached.
 */
const MAX_STEPS = 100;

/** At once, each on a road of its own: most of the time they wait for Kafka to notice that a member is dead. */
const SIDE_BY_SIDE = 3;
/** Fifteen seconds on a machine that has nothing else to do. */
const PATIENCE_MS = 120_000;

describe('messaging, with a real database, a real broker and processes that die', () => {
  it('carries every event once and in order when nothing goes wrong', () =>
    onARoad(async (road) => {
      await road.start();
      const leads = await road.send(50, 6);
      await road.expectExactlyOnce(leads, 6);
    }));

  // The points of HTTP intake, of parking and of deliveries are enumerated where those are tested.
  const points = crashPoints.filter((point) => /^(consumer|unit|outbox)\./.test(point));
  it.each(
    Array.from({ length: Math.ceil(points.length / SIDE_BY_SIDE) }, (_, group) => [
      points.slice(group * SIDE_BY_SIDE, (group + 1) * SIDE_BY_SIDE),
    ]),
  )(
    'loses nothing and does nothing twice when it dies at %j, the first time it comes there and, started again, the second time',
    async (group) => {
      const outcomes = await Promise.allSettled(
        group.map((point) => onARoad((road) => diesAndLosesNothing(road, [`${point}:1`, `${point}:2`]))),
      );
      expect(
        outcomes.map((outcome, i) => [group[i], outcome.status === 'rejected' ? String(outcome.reason) : 'well']),
      ).toEqual(group.map((point) => [point, 'well']));
    },
    PATIENCE_MS,
  );
});

async function diesAndLosesNothing(road: Road, crashAt: readonly string[]): Promise<void> {
  const { deaths } = await road.supervise(...crashAt);
  const leads = await road.send(10, 1);
  let steps = 1;
  while (deaths() < crashAt.length && steps < MAX_STEPS) {
    await road.send(leads, 1, (steps += 1));
    await road.settled(leads, steps);
  }
  await road.send(leads, 2, steps + 1);

  await road.expectExactlyOnce(leads, steps + 2);
  expect(deaths()).toBe(crashAt.length);
}

async function onARoad(go: (road: Road) => Promise<void>): Promise<void> {
  const road = await Road.open();
  try {
    await go(road);
  } finally {
    await road.stopAll();
    await road.close();
  }
}
