/** As the timeline of a lead tells it. */
export interface ToldEvent {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/**
 * The parties that could see the lead's contact data, by name: those that accepted it, and those that were offered it
 * where the policy reveals contacts on offer. What they have copied, nobody here can delete; they have to be told.
 */
export function revealedTo(events: readonly ToldEvent[]): string[] {
  const parties = events.flatMap(({ type, data }) => {
    if (type === 'lead.accepted') return [data['party']];
    return type === 'lead.routed' && data['revealContact'] === 'on-offer' ? [data['to']] : [];
  });
  return [...new Set(parties.filter((party) => typeof party === 'string'))].sort();
}
