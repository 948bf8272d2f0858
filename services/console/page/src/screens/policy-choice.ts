/** Which policy is looked at, and which version of it; the newest where none is said. It stands in the address. */
export interface PolicyChoice {
  readonly name?: string;
  readonly version?: number;
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

export function readPolicyChoice(search: Record<string, unknown>): PolicyChoice {
  const name = String(search['name'] ?? '');
  const version = Number(search['version']);
  if (!NAME.test(name)) return {};
  return Number.isSafeInteger(version) && version >= 1 ? { name, version } : { name };
}
