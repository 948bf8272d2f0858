import { type Static, Type } from '@sinclair/typebox';
import { reasons } from '@fairlead/events';
import { LeadInput } from '../normalise/lead-input.js';

/** What a deal can have come to; `open`: nothing yet. */
export const dealOutcomes = ['open', 'contacted', 'qualified', 'won', 'lost', 'returned'] as const;
export type DealOutcome = (typeof dealOutcomes)[number];

/** Of a lead, what a deal does not say: a history is figures, and nobody need be called for them. */
export const contactFields = ['firstName', 'lastName', 'email', 'phone', 'message', 'consent'] as const;

function optional(maxLength: number, description: string) {
  return Type.Optional(Type.Unsafe<string | null>({ type: ['string', 'null'], maxLength, description }));
}

function moment(description: string) {
  return optional(40, `${description}; RFC 3339, or a day as YYYY-MM-DD`);
}

/**
 * A deal that was routed and closed elsewhere, as its source tells it. What is left out stays as it was told before. Unknown fields are
 * errors: a misspelt one would be lost.
 */
export const DealInput = Type.Object(
  {
    ...Type.Omit(LeadInput, [...contactFields]).properties,
    externalId: optional(128, 'the source’s own id of the deal: by it the same deal is known again'),
    occurredAt: moment('when whoever worked the deal got it: first contact, or when it was created'),
    channel: optional(200, '`direct`, `channel` (the partner is in owner), or a partner’s id'),
    owner: optional(200, 'the partner that had it, by id or name; of direct’s own deals it is not looked at'),
    grade: optional(10, 'A, B, C or D, where the lead had one'),
    outcome: optional(40, `one of ${dealOutcomes.join(', ')}; open, when a new deal says none`),
    outcomeAt: moment('when the outcome was reached; needed with every outcome but open'),
    contactedAt: moment('when the person was reached'),
    qualifiedAt: moment('when it became an opportunity'),
    reason: optional(40, `why it was lost or returned, one of ${reasons.join(', ')}`),
    amount: Type.Optional(
      Type.Unsafe<number | string | null>({
        type: ['number', 'string', 'null'],
        maxLength: 40,
        description:
          'revenue of a deal that was won, in major units: 1250.5 is one thousand two hundred and fifty and a half',
      }),
    ),
    currency: optional(10, 'ISO 4217; needed with an amount'),
  },
  { additionalProperties: false, $id: 'DealInput', description: 'A deal that was closed elsewhere, as it is sent' },
);
export type DealInput = Static<typeof DealInput>;
