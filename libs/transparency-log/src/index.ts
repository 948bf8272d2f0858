export {
  type Checkpoint,
  type Cosignature,
  openCheckpoint,
  readCheckpoint,
  readCosignatures,
  signCheckpoint,
  type SignedCheckpoint,
} from './checkpoint.js';
export { FolderStorage } from './folder-storage.js';
export { emptyRoot, HASH_BYTES, leafHash, MAX_ENTRY_BYTES, nodeHash } from './hashing.js';
export {
  CHECKPOINT,
  CHECKPOINTS,
  type HashTileName,
  levelsOf,
  MalformedTile,
  MAX_BUNDLE_BYTES,
  readBundle,
  readTilePath,
  TILE_WIDTH,
  type TileName,
  tilePath,
  tilesFor,
  VERIFIER_KEY,
  widthOf,
  writeBundle,
} from './layout.js';
export {
  consistencyProof,
  inclusionProof,
  type TreeHead,
  TileReader,
  verifyConsistency,
  verifyInclusion,
} from './proofs.js';
export { readReceipt, type Receipt, verifyCommitment, verifyReceipt, writeReceipt } from './receipt.js';
export {
  generateSigner,
  MalformedNote,
  MAX_NOTE_BYTES,
  openNote,
  type OpenedNote,
  readSignerKey,
  readVerifierKey,
  readWitnesses,
  type Signer,
  signerKey,
  signerOf,
  signNote,
  type Verifier,
  verifierKey,
} from './signed-note.js';
export { type LogReader, type LogStorage, StorageFailed, UnreadableFile, WrittenOtherwise } from './storage.js';
export { type ReadTile, type Tile, TiledTree } from './tree.js';
export { LogNotSound, type VerifiedLog, verifyLog, type VerifyOptions } from './verify-log.js';
