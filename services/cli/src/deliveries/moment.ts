const UNITS_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** An instant as the API takes it; `12h` is so long before now. What is neither goes to the API as it is, which says what is wrong with it. */
export function momentOf(text: string, now: number): string {
  const [, count, unit = ''] = /^(\d{1,5})([mhd])$/.exec(text) ?? [];
  return count === undefined ? text : new Date(now - Number(count) * (UNITS_MS[unit] ?? 0)).toISOString();
}
