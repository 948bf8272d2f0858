/** The environment does not describe something that can run; the message names every variable that is wrong. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';

  constructor(readonly problems: readonly string[]) {
    super(`The configuration cannot be used:\n${problems.map((each) => `  ${each}`).join('\n')}`);
  }
}

interface Default<T> {
  readonly default?: T;
}

/**
 * Reads settings out of environment variables. A bad one is noted and a placeholder returned, so that reading goes on
 * and `refuseProblems` can name all of them at once. No message ever repeats a value: it may be a secret that somebody
 * put into the wrong variable.
 */
export class Environment {
  private readonly problems: string[] = [];

  constructor(private readonly env: NodeJS.ProcessEnv) {}

  /** Text as it stands, without surrounding white space. An empty variable counts as unset. */
  text(name: string, options: Default<string> & { readonly pattern?: RegExp; readonly shape?: string } = {}): string {
    const value = this.value(name);
    if (value === undefined) return options.default ?? this.missing(name, '');
    if (options.pattern && !options.pattern.test(value))
      return this.bad(name, `must be ${options.shape ?? 'different'}`, options.default ?? '');
    return value;
  }

  /** Like `text`, for a variable that may be left out. */
  optionalText(name: string, options: { readonly pattern?: RegExp; readonly shape?: string } = {}): string | undefined {
    return this.value(name) === undefined ? undefined : this.text(name, options);
  }

  oneOf<T extends string>(name: string, choices: readonly [T, ...T[]], options: Default<T> = {}): T {
    const value = this.value(name);
    const fallback = options.default ?? choices[0];
    if (value === undefined) return options.default ?? this.missing(name, fallback);
    const choice = choices.find((each) => each === value);
    return choice ?? this.bad(name, `must be one of ${choices.join(', ')}`, fallback);
  }

  integer(name: string, options: Default<number> & { readonly min?: number; readonly max?: number } = {}): number {
    const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = options;
    const value = this.value(name);
    if (value === undefined) return options.default ?? this.missing(name, min);
    const number = /^-?\d{1,16}$/.test(value) ? Number(value) : Number.NaN;
    if (Number.isSafeInteger(number) && number >= min && number <= max) return number;
    return this.bad(name, `must be a whole number${between(options)}`, options.default ?? min);
  }

  flag(name: string, options: Default<boolean> = {}): boolean {
    const value = this.value(name);
    if (value === undefined) return options.default ?? false;
    if (['true', '1', 'yes', 'on'].includes(value)) return true;
    if (['false', '0', 'no', 'off'].includes(value)) return false;
    return this.bad(name, 'must be true or false', false);
  }

  /** Words separated by commas; white space around each does not count, empty ones neither. */
  list(
    name: string,
    options: Default<readonly string[]> & { readonly pattern?: RegExp; readonly shape?: string } = {},
  ): readonly string[] {
    const value = this.value(name);
    if (value === undefined) return options.default ?? this.missing(name, []);
    const words = value
      .split(',')
      .map((word) => word.trim())
      .filter((word) => word !== '');
    const { pattern, shape = 'different' } = options;
    if (pattern && words.some((word) => !pattern.test(word)))
      return this.bad(name, `every item must be ${shape}`, options.default ?? []);
    return words;
  }

  /** A duration such as `250ms`, `90s`, `4h`, `2d`. */
  durationMs(name: string, options: Default<number> & { readonly min?: number; readonly max?: number } = {}): number {
    const { min = 0, max = Number.MAX_SAFE_INTEGER } = options;
    const value = this.value(name);
    if (value === undefined) return options.default ?? this.missing(name, min);
    const match = /^(\d{1,9})(ms|s|m|h|d)$/.exec(value);
    const duration = match ? Number(match[1]) * MILLISECONDS[match[2] as keyof typeof MILLISECONDS] : Number.NaN;
    if (duration >= min && duration <= max) return duration;
    return this.bad(name, `must be a duration such as 90s, 4h or 2d${between(options, ' ms')}`, options.default ?? min);
  }

  url(name: string, options: Default<string> & { readonly protocols: readonly string[] }): string {
    const value = this.value(name);
    if (value === undefined) return options.default ?? this.missing(name, '');
    const protocol = URL.canParse(value) ? new URL(value).protocol.slice(0, -1) : undefined;
    if (protocol !== undefined && options.protocols.includes(protocol)) return value;
    return this.bad(name, `must be an address that starts with ${options.protocols.join(':// or ')}://`, '');
  }

  optionalUrl(name: string, options: { readonly protocols: readonly string[] }): string | undefined {
    return this.value(name) === undefined ? undefined : this.url(name, options);
  }

  /** Notes a fault that only the reader of a setting can see. */
  refuse(name: string, why: string): void {
    this.problems.push(`${name}: ${why}`);
  }

  /** @throws ConfigurationError when anything that was read so far cannot be used */
  refuseProblems(): void {
    if (this.problems.length > 0) throw new ConfigurationError([...new Set(this.problems)]);
  }

  private value(name: string): string | undefined {
    const value = this.env[name]?.trim();
    return value === '' ? undefined : value;
  }

  private missing<T>(name: string, placeholder: T): T {
    return this.bad(name, 'is not set', placeholder);
  }

  private bad<T>(name: string, why: string, placeholder: T): T {
    this.refuse(name, why);
    return placeholder;
  }
}

const MILLISECONDS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function between({ min, max }: { min?: number; max?: number }, unit = ''): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}${unit}`;
  if (min !== undefined) return ` of at least ${min}${unit}`;
  if (max !== undefined) return ` of at most ${max}${unit}`;
  return '';
}
