export { createDataSource, type DatabaseSettings } from './data-source.js';
export { migrate } from './migrate.js';
export { inTransaction, queryOf, type Query } from './transaction.js';
export { copyText, type CopyValue, readCopyText, RowCopy } from './row-copy.js';
export { withSession, type Session } from './session.js';
export { isTransient, QueryFailed } from './query-failed.js';
