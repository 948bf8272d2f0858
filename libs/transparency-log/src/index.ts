export {
  type Checkpoint,
  openCheckpoint,
  readCheckpoint,
  signCheckpoint,
  type SignedCheckpoint,
} from './checkpoint.js';
export { emptyRoot, HASH_BYTES, leafHash, MAX_ENTRY_BYTES, nodeHash } from './hashing.js';
export {
  CHECKPOINT,
  levelsOf,
  MalformedTile,
  readBundle,
  readTilePath,
  TILE_WIDTH,
  type TileName,
  tilePath,
  tilesOf,
  widthOf,
  writeBundle,
} from './layout.js';
export {
  consistencyProof,
  inclusionProof,
  type ReadTile,
  TileReader,
  verifyConsistency,
  verifyInclusion,
} from './proofs.js';
export { readReceipt, type Receipt, verifyReceipt, writeReceipt } from './receipt.js';
export {
  fromBase64,
  MalformedNote,
  openNote,
  readVerifierKey,
  type Signer,
  signerOf,
  signNote,
  type Verifier,
  verifierKey,
} from './signed-note.js';
export { FolderStorage, type LogStorage } from './storage.js';
export { type Tile, TiledTree } from './tree.js';
export { LogNotSound, type VerifyOptions, verifyLog } from './verify-log.js';
