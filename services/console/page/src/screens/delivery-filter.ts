/** Whose deliveries are listed, which of them, and which one is looked at closely; it stands in the address. */
export interface DeliveryFilter {
  readonly partner?: string;
  readonly endpoint?: string;
  readonly state?: (typeof DELIVERY_STATES)[number];
  readonly type?: (typeof EVENT_TYPES)[number];
  /** To the minute, in UTC: `2026-01-31T09:00`. */
  readonly since?: string;
  readonly delivery?: string;
}

export const DELIVERY_STATES = ['pending', 'delivered', 'failed', 'withheld'] as const;
export const EVENT_TYPES = [
  ...(['lead.routed', 'lead.offer-expired', 'lead.overridden', 'lead.accepted', 'lead.declined'] as const),
  ...(['lead.contacted', 'lead.qualified', 'lead.won', 'lead.lost', 'lead.returned', 'lead.amended'] as const),
  ...(['lead.recycled', 'lead.erased', 'fairlead.test', 'fairlead.digest'] as const),
];

const allowed: Readonly<Record<keyof DeliveryFilter, RegExp>> = {
  partner: /^[a-z0-9][a-z0-9-]{0,62}$/,
  endpoint: /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/,
  state: new RegExp(`^(?:${DELIVERY_STATES.join('|')})$`),
  type: new RegExp(`^(?:${EVENT_TYPES.join('|').replaceAll('.', '\\.')})$`),
  since: /^\d{4}-\d\d-\d\dT\d\d:\d\d$/,
  delivery: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
};

export function readDeliveryFilter(search: Record<string, unknown>): DeliveryFilter {
  const kept = Object.entries(allowed).flatMap(([name, shape]) => {
    const value = String(search[name] ?? '');
    return shape.test(value) ? [[name, value] as const] : [];
  });
  return Object.fromEntries(kept);
}
