/** Which methods are answered at which address. */
export class ServedMethods {
  readonly #addresses = new Map<string, string[]>();
  readonly #patterns = new Map<string, { readonly pattern: RegExp; readonly methods: string[] }>();

  /** @param url  as it is registered: `/v1/leads/:leadId` */
  add(url: string, methods: readonly string[]): void {
    if (!/[:*]/.test(url)) this.#addresses.set(url, [...(this.#addresses.get(url) ?? []), ...methods]);
    const served = this.#patterns.get(url) ?? { pattern: patternOf(url), methods: [] };
    served.methods.push(...methods);
    this.#patterns.set(url, served);
  }

  /**
   * The methods at a path of a request. An address that is a route of its own is not an id in another one as well, which is how
   * OpenAPI reads it: `/v1/policies/check` checks policies, and none can be called that.
   */
  at(path: string): readonly string[] {
    const own = this.#addresses.get(path);
    if (own) return [...new Set(own)];
    const matching = [...this.#patterns.values()].filter(({ pattern }) => pattern.test(path));
    return [...new Set(matching.flatMap(({ methods }) => methods))];
  }

  /** Whether the router took it for an id in another route. */
  isMistaken(path: string, method: string): boolean {
    return this.#addresses.get(path)?.includes(method) === false;
  }
}

function patternOf(url: string): RegExp {
  const escaped = url.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/:[A-Za-z0-9_]+/g, '[^/]+');
  return new RegExp(`^${escaped.replace(/\\\*$/, '.*')}$`);
}
