/** Of what a report over all pools has not; undefined where it has all that was asked for. */
export function leftOutInWords({ leftOut }: { readonly leftOut: readonly string[] }): string | undefined {
  if (leftOut.length === 0) return undefined;
  return `Deals that were closed elsewhere are not among them: --pool ${leftOut.join(', ')} tells of those.`;
}
