/** Asked before a key is made: whether there is nothing yet that another key would be needed for. */
export interface FirstKeys {
  readonly masterKey: () => Promise<boolean>;
  readonly logKey: () => Promise<boolean>;
}

/**
 * A key is made for what is new, and never in place of one that is lost: that one may be found again, and what was written
 * under another meanwhile would belong to neither. Where it cannot be found out, no key is made, and who needs it says so.
 * @param warn  told why not, where that is no more than a database that does not answer
 */
export function firstKeys(environment: NodeJS.ProcessEnv, warn: (text: string) => void): FirstKeys {
  const databaseUrl = environment['DATABASE_URL'] ?? '';
  const keysDatabaseUrl = environment['KEYS_DATABASE_URL'] || undefined;
  const unless = async (what: string, isInUse: () => Promise<boolean>): Promise<boolean> => {
    try {
      return !(await isInUse());
    } catch (error) {
      const { code = 'unknown' } = error as NodeJS.ErrnoException;
      warn(`No ${what} is made: the database that may need the one of before cannot be asked (${code}).`);
      return false;
    }
  };
  return {
    masterKey: () =>
      unless('master key', async () => {
        const { belongsToMasterKey } = await import('@fairlead/personal-data/key-database');
        return belongsToMasterKey({ databaseUrl, keysDatabaseUrl });
      }),
    logKey: () =>
      unless('key of the log', async () => {
        const { hasPublished } = await import('@fairlead/audit/published');
        return hasPublished(databaseUrl);
      }),
  };
}
