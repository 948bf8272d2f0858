import type { LeadRouted, WebhookEvent } from './webhook-events.js';

/** Compiled more than run: what stands here is what the types are for. */
function about(event: WebhookEvent): string | undefined {
  switch (event.type) {
    case 'lead.routed':
      return event.data.lead.facts?.company ?? event.data.acceptBy;
    case 'lead.won':
      return event.data.amount?.currency;
    case 'lead.overridden':
      return event.data.effect;
    case 'lead.erased':
      return event.data.receipt;
    default:
      return undefined;
  }
}

it('is told apart by its type, and one of a type that nobody knows is none of the others', () => {
  const routed = { type: 'lead.routed', data: { lead: { facts: { company: 'Größe & Söhne' } } } };
  expect(about(routed as unknown as LeadRouted)).toBe('Größe & Söhne');
  expect(about({ ...routed, type: 'lead.unheard-of' } as unknown as WebhookEvent)).toBeUndefined();
});
