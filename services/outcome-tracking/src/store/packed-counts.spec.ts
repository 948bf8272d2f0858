import fc from 'fast-check';
import { bucketHours } from '@fairlead/decisions';
import { packCounts, unpackCounts } from './packed-counts.js';
import { hoursAt, placeOf } from './time-blocks.js';

const list = (min: number) => fc.array(fc.integer({ min, max: 1_000_000 }), { minLength: 14, maxLength: 14 });

describe('packed counts', () => {
  it('are added up as the counts are', () => {
    fc.assert(
      fc.property(fc.array(list(0), { minLength: 1, maxLength: 90 }), (lists) => {
        const sum = lists.map((each) => BigInt(packCounts(each))).reduce((one, other) => one + other, 0n);
        const expected = lists.reduce((one, other) => one.map((count, at) => count + (other[at] as number)));
        expect(unpackCounts(String(sum), 14)).toEqual(expected);
      }),
    );
  });

  it('are changed by differences, some of which take away and some of which add', () => {
    fc.assert(
      fc.property(list(0), list(0), (before, after) => {
        const difference = packCounts(after.map((count, at) => count - (before[at] as number)));
        expect(unpackCounts(String(BigInt(packCounts(before)) + BigInt(difference)), 14)).toEqual(after);
      }),
    );
  });

  it('are refused where they cannot be told from one another any more', () => {
    expect(unpackCounts(packCounts([99_999_999, 1]), 2)).toEqual([99_999_999, 1]);
    expect(() => unpackCounts(packCounts([100_000_000, 1]), 2)).toThrow(RangeError);
    expect(() => unpackCounts(packCounts([0, -1]), 2)).toThrow(RangeError);
  });
});

describe('blocks of times', () => {
  it('have every time that is counted once, in its order', () => {
    const hours = [...Array(49).keys(), ...Array.from({ length: 400 }, (_, days) => (days + 3) * 24)];
    const places = hours.map(placeOf);
    expect(places.map(({ block, at }) => block * 50 + at)).toEqual([...hours.keys()]);
    expect(places.map(({ block, at }) => hoursAt(block, at))).toEqual(hours);
  });

  it('have a place for whatever time is told', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 50 }), (ms) => {
        const { block, at } = placeOf(bucketHours(ms));
        expect(hoursAt(block, at)).toBe(bucketHours(ms));
      }),
    );
  });
});
