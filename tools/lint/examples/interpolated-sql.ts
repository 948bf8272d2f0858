// at services/routing/src/index.ts
type Query = (sql: string, parameters?: readonly unknown[]) => Promise<unknown[]>;

const columns = 'id, name';
const fixed = `SELECT ${columns} FROM partners WHERE id = $1`;

export class PartnersStore {
  constructor(private readonly unit: { query: Query }) {}

  allowed(id: string) {
    return this.unit.query(fixed, [id]);
  }

  template(id: string) {
    return this.unit.query(`SELECT ${columns} FROM partners WHERE id = '${id}'`); // ✗ fairlead/no-interpolated-sql
  }

  sum(id: string) {
    return this.unit.query('SELECT * FROM partners WHERE id = ' + id); // ✗ fairlead/no-interpolated-sql
  }

  named(order: string) {
    const sql = `SELECT * FROM partners ORDER BY ${order}`;
    return this.unit.query(sql); // ✗ fairlead/no-interpolated-sql
  }

  joined(ids: string[]) {
    return this.unit.query(['SELECT * FROM partners WHERE id IN (', ...ids, ')'].join(' ')); // ✗ fairlead/no-interpolated-sql
  }
}

export const byFunction = (query: Query, id: string) => query(`SELECT '${id}'`); // ✗ fairlead/no-interpolated-sql
