import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SpillFile } from './spill-file.js';

describe('a file that texts are spilled into', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-spill-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('has each text at its place, however long ago it was put there and whatever its size', () => {
    const path = join(folder, 'texts');
    const file = new SpillFile(path, 2);
    const textOf = (index: number) => `${index} ü ${'x'.repeat(index % 50 === 0 ? 200_000 : index % 4_000)}`;
    const places = Array.from({ length: 3_000 }, (_, index) => file.append(textOf(index)));
    for (let index = 0; index < 3_000; index += 7) expect(file.read(places[index] as number)).toBe(textOf(index));
    expect(file.read(places.at(-1) as number)).toBe(textOf(2_999));
    expect(existsSync(path)).toBe(true);
    const bytes = Buffer.from([0, 255, 10, 13]);
    expect(file.readBytes(file.appendBytes(bytes))).toEqual(bytes);
    file.close();
    expect(existsSync(path)).toBe(false);
  });

  it('takes nothing that a chunk has no room for', () => {
    const file = new SpillFile(join(folder, 'large'));
    expect(() => file.append('x'.repeat(1 << 20))).toThrow(RangeError);
    file.close();
  });
});
