/** Which leads an endpoint is told of. What is absent does not matter; of what is there, each must hold, by one of its values. */
export interface EndpointFilter {
  readonly pools?: readonly string[];
  readonly grades?: readonly string[];
  /** ISO 3166-1 alpha-2 */
  readonly countries?: readonly string[];
  /** ISO 3166-2 */
  readonly regions?: readonly string[];
  readonly products?: readonly string[];
  readonly industries?: readonly string[];
}

/** What of a lead filters look at. Undefined or null: it is not known, and then no list has it. */
export interface Traits {
  readonly pool?: string | null | undefined;
  readonly grade?: string | null | undefined;
  readonly country?: string | null | undefined;
  readonly region?: string | null | undefined;
  readonly product?: string | null | undefined;
  readonly industry?: string | null | undefined;
}

/** Whether an endpoint with this filter is told of a lead with these traits. Products and industries are compared as policies do. */
export function passes(filter: EndpointFilter, traits: Traits): boolean {
  return (
    isAmong(filter.pools, traits.pool) &&
    isAmong(filter.grades, traits.grade) &&
    isAmong(filter.countries, traits.country) &&
    isAmong(filter.regions, traits.region) &&
    isAmong(filter.products, traits.product, folded) &&
    isAmong(filter.industries, traits.industry, folded)
  );
}

function isAmong(
  wanted: readonly string[] | undefined,
  value: string | null | undefined,
  as: (word: string) => string = (word) => word,
): boolean {
  if (wanted === undefined) return true;
  return value != null && wanted.some((each) => as(each) === as(value));
}

function folded(word: string): string {
  return word.trim().toLowerCase().replace(/\s+/g, ' ');
}
