/** What migrations say of themselves. `name` is the one in the table `migrations`; `waits` and `waited`: another process migrates the schema. */
export type MigrationNews =
  | { readonly event: 'migration.waits'; readonly schema: string }
  | { readonly event: 'migration.waited'; readonly schema: string; readonly seconds: number }
  | { readonly event: 'migration.began'; readonly schema: string; readonly name: string }
  | {
      readonly event: 'migration.ended' | 'migration.failed';
      readonly schema: string;
      readonly name: string;
      readonly seconds: number;
    };

/** Whom the migrations of a process tell how far they are, and what stops them. */
export class MigrationWatch {
  readonly #underWay = new Set<Promise<unknown>>();

  /** @param stopping  when it is aborted, what is under way is cancelled and leaves nothing; what was committed stays */
  constructor(
    readonly tell: (news: MigrationNews) => void = () => undefined,
    readonly stopping: AbortSignal = new AbortController().signal,
  ) {}

  async follow<T>(migrating: Promise<T>): Promise<T> {
    this.#underWay.add(migrating);
    try {
      return await migrating;
    } finally {
      this.#underWay.delete(migrating);
    }
  }

  /** Settles when none is under way: a process that ends sooner leaves statements behind that the database goes on with. */
  async ended(): Promise<void> {
    await Promise.allSettled(this.#underWay);
  }
}
