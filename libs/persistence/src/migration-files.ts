import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

export interface MigrationFile {
  /** TypeORM orders migrations by the number that ends their name. */
  readonly name: string;
  readonly file: string;
  readonly sql: string;
  readonly checksum: string;
}

/** The `*.sql` files of a folder, in the order of the timestamp that begins each name. */
export async function readMigrations(folder: URL): Promise<MigrationFile[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    names.map(async (file) => {
      const parts = /^(\d{13})-([a-z0-9-]+)\.sql$/.exec(file);
      if (!parts) throw new Error(`${fileURLToPath(folder)}${file}: a migration is named <13 digits>-<what>.sql`);
      const sql = await readFile(new URL(file, folder), 'utf8');
      const checksum = createHash('sha256').update(sql).digest('hex');
      return { name: `${parts[2]}-${parts[1]}`, file, sql, checksum };
    }),
  );
}
