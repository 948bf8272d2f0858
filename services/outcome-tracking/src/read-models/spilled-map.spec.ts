import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { SpilledMap } from './spilled-map.js';

describe('a map that spills into a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-spill-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  let count = 0;
  const inMemory = (values: number) => {
    const path = join(folder, String((count += 1)));
    return { path, map: new SpilledMap<{ value: string }>(path, values, { write: JSON.stringify, read: JSON.parse }) };
  };

  it('is a map, whatever is set and read in whatever order', () => {
    const step = fc.record({
      id: fc.nat(40).map(String),
      value: fc.option(fc.string({ unit: 'grapheme' })),
      how: fc.constantFrom('set', 'settle', 'delete'),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), fc.integer({ min: 1, max: 10 }), (steps, values) => {
        const { map } = inMemory(values);
        const model = new Map<string, string>();
        for (const { id, value, how } of steps) {
          expect(map.get(id)?.value).toBe(model.get(id));
          if (value === null) continue;
          if (how === 'settle') map.settle(id, JSON.stringify({ value }));
          else if (how === 'set') map.set(id, { value });
          else map.delete(id);
          if (how === 'delete') model.delete(id);
          else model.set(id, value);
        }
        for (const [id, value] of model) expect(map.text(id)).toBe(JSON.stringify({ value }));
        expect([...map.values()].map(({ value }) => value).sort()).toEqual([...model.values()].sort());
        expect([...map.values(() => true)].length).toBeLessThanOrEqual(2 * values);
        map.close();
      }),
    );
  });

  it('reads from the file what is no longer in memory, and leaves no file', () => {
    const { path, map } = inMemory(100);
    const value = (index: number) => ({ value: `${index}-${'x'.repeat(2_000)}` });
    for (let index = 0; index < 3_000; index++) map.set(String(index), value(index));
    for (const index of [0, 1, 1_500, 2_850, 2_999]) expect(map.get(String(index))).toEqual(value(index));
    expect(existsSync(path)).toBe(true);
    map.close();
    expect(existsSync(path)).toBe(false);
  });
});
