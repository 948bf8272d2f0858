import type { Schemas } from '../api/schemas.js';

type Preview = Schemas['PreviewView'];

/** As much of a hash as one compares by eye; the whole stands behind it. */
export function engineInShort(engine: string): string {
  return engine.slice(0, 12);
}

/** Whether two previews agree in every figure, and are of the same policies. */
export function saysTheSame(one: Preview, other: Preview): boolean {
  return written(one) === written(other);
}

function written({ proposed, inForce, leads, elsewhere, inAnotherPool, counts }: Preview): string {
  return JSON.stringify([
    [proposed, inForce].map(({ name, version, hash }) => [name, version, hash]),
    [leads, elsewhere, inAnotherPool],
    counts.map((each) => [each.pool, each.grade, each.party, each.proposed, each.inForce]),
  ]);
}
