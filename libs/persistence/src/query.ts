/** Runs one statement and answers its rows, whatever the command: also those that RETURNING gives for a write. */
export type Query = <Row = Record<string, unknown>>(sql: string, parameters?: readonly unknown[]) => Promise<Row[]>;
