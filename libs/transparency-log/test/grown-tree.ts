import { emptyRoot, leafHash, nodeHash } from '../src/hashing.js';
import { tilePath } from '../src/layout.js';
import { TileReader } from '../src/proofs.js';
import { type Tile, TiledTree } from '../src/tree.js';

/** RFC 6962 §2.1 as it is written there. */
export function mth(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return emptyRoot();
  if (leaves.length === 1) return leaves[0] as Buffer;
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return nodeHash(mth(leaves.slice(0, k)), mth(leaves.slice(k)));
}

/** A tree by its tiles, with every tile that ever was. */
export class GrownTree {
  readonly tiles = new Map<string, Buffer>();
  readonly leaves: Buffer[] = [];
  readonly tree = new TiledTree((tile) => this.keep(tile));

  grow(count: number): this {
    while (this.leaves.length < count) {
      const leaf = leafHash(Buffer.from(`entry ${this.leaves.length}`));
      this.leaves.push(leaf);
      this.tree.append(leaf);
    }
    for (const tile of this.tree.partialTiles()) this.keep(tile);
    return this;
  }

  /** @param onRead  is told which tiles are read */
  reader(size = this.leaves.length, onRead: (path: string) => void = () => undefined): TileReader {
    return new TileReader(size, (name) => {
      onRead(tilePath(name));
      const tile = this.tiles.get(tilePath(name));
      return tile ? Promise.resolve(tile) : Promise.reject(new Error(`no ${tilePath(name)}`));
    });
  }

  root(size: number): Buffer {
    return mth(this.leaves.slice(0, size));
  }

  private keep(tile: Tile): void {
    this.tiles.set(tilePath(tile), tile.bytes);
  }
}
