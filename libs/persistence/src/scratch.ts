// For whoever only writes rows that are thrown away: without TypeORM.
export type { Query } from './query.js';
export { copyJson, copyText, type CopyValue, readCopyText, RowCopy, WrittenJson } from './row-copy.js';
export { ScratchDatabase } from './scratch-database.js';
