import { Inject, Injectable } from '@nestjs/common';
import { UnitsOfWork } from '@fairlead/messaging';
import {
  HASH_BYTES,
  inclusionProof,
  leafHash,
  type LogStorage,
  MAX_BUNDLE_BYTES,
  openCheckpoint,
  readBundle,
  TILE_WIDTH,
  type TileName,
  tilePath,
  TileReader,
  widthOf,
  writeBundle,
  writeReceipt,
} from '@fairlead/transparency-log';
import { type AuditSettings, SETTINGS } from './config.js';
import { LogStore } from './store/log.store.js';

/**
 * How often a tile is looked for where checkpoints are published meanwhile, each of which gives up tiles of the one before: they are most
 * of a second apart, and to read a tile takes milliseconds.
 */
const MAX_LOOKS = 4;

/** Reads the log from where the sequencer writes it. */
@Injectable()
export class LogReader {
  private readonly storage: LogStorage;

  constructor(
    @Inject(SETTINGS) private readonly settings: AuditSettings,
    private readonly units: UnitsOfWork,
    private readonly store: LogStore,
  ) {
    this.storage = settings.openStorage();
  }

  /**
   * A partial tile that was given up is cut from the wider one that took its place; also where that happens just now.
   * @param size  of the published log, or of what it was a moment ago
   */
  async tile(name: TileName, size: number): Promise<Buffer | undefined> {
    for (let known = size, looks = 1; ; looks += 1) {
      const found = await this.tileWhen(known, name);
      if (found || looks === MAX_LOOKS) return found;
      const { published } = await this.store.head(this.units.query);
      if (published === known) return undefined;
      known = published;
    }
  }

  private async tileWhen(size: number, name: TileName): Promise<Buffer | undefined> {
    const exact = await this.storage.read(tilePath(name), MAX_BUNDLE_BYTES);
    const width = widthOf(name, size);
    if (exact || width <= name.width) return exact;
    const wider = await this.storage.read(tilePath({ ...name, width }), MAX_BUNDLE_BYTES);
    if (!wider) return undefined;
    if (name.level !== 'entries') return wider.subarray(0, name.width * HASH_BYTES);
    return writeBundle(readBundle(wider, width).slice(0, name.width));
  }

  /** Entries by their indices, below the size. */
  async entries(indices: readonly number[], size: number): Promise<Buffer[]> {
    const bundles = new Map<number, Buffer[]>();
    for (const index of new Set(indices.map((each) => Math.floor(each / TILE_WIDTH)))) {
      const width = widthOf({ level: 'entries', index }, size);
      const bundle = await this.tile({ level: 'entries', index, width }, size);
      if (!bundle) throw new Error(`the storage lacks a bundle of entries: ${index}`);
      bundles.set(index, readBundle(bundle, width));
    }
    return indices.map((index) => bundles.get(Math.floor(index / TILE_WIDTH))?.[index % TILE_WIDTH] as Buffer);
  }

  /**
   * A receipt for the entry under a checkpoint: `c2sp.org/tlog-proof@v1`.
   * @param withLeaf  for somebody who may not see the entry: its leaf hash goes with the receipt
   */
  async receipt(index: number, checkpoint: string, { withLeaf = false } = {}): Promise<string> {
    const { size } = openCheckpoint(checkpoint, this.settings.verifier);
    const tree = new TileReader(size, async (name) => {
      const tile = await this.tile(name, size);
      if (!tile) throw new Error(`the storage lacks ${tilePath(name)}`);
      return tile;
    });
    const proof = await inclusionProof(index, tree);
    const [entry] = withLeaf ? await this.entries([index], size) : [];
    return writeReceipt({ index, proof, checkpoint, ...(entry && { extra: leafHash(entry) }) });
  }
}
