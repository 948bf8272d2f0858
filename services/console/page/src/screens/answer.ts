import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api, dataOf, type Schemas } from '../api/client.js';
import type { Session } from '../shell/session.js';

type Lead = Schemas['LeadView'];

export type Answer =
  | { readonly type: 'accept' }
  | ({ readonly type: 'decline' } & Omit<Schemas['DeclineLead'], 'offer'>)
  | { readonly type: 'outcome'; readonly outcome: Schemas['ReportOutcome'] };

/** Why a lead is declined or returned. */
export const REASONS = [
  ...(['unable-to-reach', 'inaccurate-data', 'no-interest', 'no-budget', 'no-fit', 'geo-mismatch'] as const),
  ...(['product-mismatch', 'not-ready', 'spam', 'duplicate', 'capacity'] as const),
] satisfies readonly Schemas['DeclineLead']['reason'][];

/** For whom one may answer: a partner for itself, a manager for direct, and an auditor for nobody. */
export function answersFor({ role, partner }: Session): string | undefined {
  if (role === 'auditor') return undefined;
  return partner ?? 'direct';
}

/**
 * Says something of a lead.
 * @param offer  which one is meant: if it ended meanwhile, the answer is refused. The latest, where a list does not tell its number
 * @param told  once it was taken, with the lead as it is then
 */
export function useAnswer(leadId: string, offer: number | undefined, told: (lead: Lead, answer: Answer) => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (answer: Answer) => send(leadId, offer, answer),
    onSuccess: async (lead, answer) => {
      queries.setQueryData(['lead', leadId], lead);
      told(lead, answer);
      await Promise.all(
        ['leads', 'today', 'flow', 'timeline', 'explanation'].map((key) =>
          queries.invalidateQueries({ queryKey: [key] }),
        ),
      );
    },
  });
}

function send(leadId: string, offer: number | undefined, answer: Answer): Promise<Lead> {
  const params = { path: { leadId } };
  switch (answer.type) {
    case 'accept':
      return dataOf(api.POST('/v1/leads/{leadId}/accept', { params, body: { offer } }));
    case 'decline': {
      const { reason, note } = answer;
      return dataOf(api.POST('/v1/leads/{leadId}/decline', { params, body: { offer, reason, note } }));
    }
    case 'outcome':
      return dataOf(api.POST('/v1/leads/{leadId}/outcomes', { params, body: { offer, ...answer.outcome } }));
  }
}
