import { type ClientBase, Query as DriverQuery, type QueryResult } from 'pg';
import type { Statement } from './statement.js';

/** What of a transaction goes the way there and back together with a statement: its beginning before it, its end after it. */
export interface Ends {
  readonly begins: boolean;
  readonly commits: boolean;
}

/** The driver's connection, as far as a statement puts itself on it. */
interface Wire {
  parse(statement: { readonly name?: string; readonly text: string }): void;
  bind(portal: object): void;
  execute(portal: object): void;
  sync(): void;
}

/** The driver's own statement, with the parts of it that are called but not declared. */
interface Parts {
  prepare(wire: Wire): void;
  handleCommandComplete(message: object, wire: Wire): void;
}
const parts = DriverQuery.prototype as unknown as Parts;

/** Under which every connection keeps it parsed. */
const BEGIN = 'begin';
/** Connections that do by now. */
const knowBegin = new WeakSet<Wire>();

/**
 * A statement with the BEGIN before it and the COMMIT after it, in one way there and back: up to the one `sync` PostgreSQL does one after
 * the other, and after an error nothing more. So what failed is not committed, and rolling back is left to do, as ever.
 *
 * The driver's own statement in everything else; what it adds depends on how that puts itself on the wire, so tests hold it.
 */
class StatementWithEnds extends DriverQuery {
  declare private name: string | undefined;
  private completed = 0;

  constructor(
    statement: Statement,
    private readonly ends: Ends,
    callback: (error: Error | undefined, result: unknown) => void,
  ) {
    super(statement, callback);
  }

  /** Called by the driver: in one go is a way of the protocol that a plain text does not have. */
  requiresPreparation(): boolean {
    return true;
  }

  prepare(wire: Wire): void {
    if (this.ends.begins) this.begin(wire);
    parts.prepare.call(this, wire);
  }

  /** Parsed once on a connection. The driver takes the first thing that is parsed for the statement, whose name it then does not get. */
  private begin(wire: Wire): void {
    if (!knowBegin.has(wire)) {
      wire.parse({ name: BEGIN, text: 'BEGIN' });
      this.name = undefined;
    }
    wire.bind({ statement: BEGIN });
    wire.execute({});
  }

  /** Called by the driver, last of a statement. */
  _getRows(wire: Wire): void {
    wire.execute({});
    if (this.ends.commits) {
      wire.parse({ text: 'COMMIT' });
      wire.bind({});
      wire.execute({});
    }
    wire.sync();
  }

  /** Of up to three that complete, one is the statement. */
  handleCommandComplete(message: object, wire: Wire): void {
    const place = this.completed - (this.ends.begins ? 1 : 0);
    if (place === 0) parts.handleCommandComplete.call(this, message, wire);
    else if (place < 0) knowBegin.add(wire);
    this.completed += 1;
  }
}

/** One statement of a transaction; in the middle of it as any other. */
export function queryWithEnds(connection: ClientBase, statement: Statement, ends: Ends): Promise<QueryResult> {
  if (!ends.begins && !ends.commits) return connection.query(statement);
  return new Promise((resolve, reject) => {
    connection.query(
      new StatementWithEnds(statement, ends, (error, result) =>
        error ? reject(error) : resolve(result as QueryResult),
      ),
    );
  });
}
