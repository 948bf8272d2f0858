// What whoever verifies needs, and nothing that reads or writes files: browsers run it as it is.
export { openCheckpoint, readCheckpoint, type SignedCheckpoint } from './checkpoint.js';
export { leafHash } from './hashing.js';
export { readBundle, TILE_WIDTH, type TileName, tilePath, widthOf } from './layout.js';
export { consistencyProof, inclusionProof, TileReader, verifyConsistency, verifyInclusion } from './proofs.js';
export { readReceipt, verifyReceipt } from './receipt.js';
export { MalformedNote, readVerifierKey, type Verifier } from './signed-note.js';
