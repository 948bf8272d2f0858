export { createDataSource, type DatabaseSettings } from './data-source.js';
export { migrate } from './migrate.js';
export { type MigrationNews, MigrationWatch } from './migration-watch.js';
export type { Query } from './query.js';
export { inTransaction, queryOf } from './transaction.js';
export { copyText, type CopyValue, readCopyText, RowCopy } from './row-copy.js';
export { withSession, type Session } from './session.js';
export { isTransient } from './query-failed.js';
export { QueryFailed } from './without-values.js';
