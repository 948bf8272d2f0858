import type { OfferLinks } from '@fairlead/personal-data';
import { ofOffers } from '../delivery/webhook-events.js';

/** What a webhook tells, for people to read. Nothing here is fit for any format yet: each door writes it in its own. */
export interface Told {
  readonly title: string;
  readonly facts: readonly (readonly [label: string, value: string])[];
  readonly contact: readonly (readonly [label: string, value: string])[];
  readonly reasons: readonly string[];
  /** By which the offer is accepted or declined. */
  readonly link: string | undefined;
}

export const TITLES: Readonly<Record<string, string>> = {
  'lead.routed': 'A lead is offered to you',
  'lead.offer-expired': 'The time to accept a lead has run out',
  'lead.overridden': 'A lead was given to somebody by hand',
  'lead.accepted': 'You have accepted a lead',
  'lead.declined': 'You have declined a lead',
  'lead.contacted': 'A lead was reported as contacted',
  'lead.qualified': 'A lead was reported as an opportunity',
  'lead.won': 'A lead was reported as won',
  'lead.lost': 'A lead was reported as lost',
  'lead.returned': 'A lead was returned',
  'lead.amended': 'What was reported of a lead was corrected',
  'lead.recycled': 'A lead that you returned is offered to somebody else',
  'lead.reminded': 'A lead waits for a word of yours',
  'lead.erased': 'A lead was erased: delete what you have of the person',
  'fairlead.test': 'This is a test',
};

/** What of an event's data is for people; the rest is for programs. */
export const SHOWN = ['acceptBy', 'pool', 'grade', 'score', 'effect', 'reason', 'at', 'what', 'silentSince'] as const;
export const FACTS = ['company', 'country', 'region', 'industry', 'employees', 'product'] as const;
export const CONTACT = ['firstName', 'lastName', 'email', 'phone', 'message'] as const;
/** More explain nothing to somebody who reads them. */
const MAX_REASONS = 10;

export interface Body {
  readonly type: string;
  readonly time: string;
  readonly data: Readonly<Record<string, unknown>> & {
    readonly party: string;
    readonly lead?: { readonly id: string; readonly facts?: object | null; readonly contact?: object | null };
    readonly reasons?: readonly { readonly reason: string }[];
  };
}

export function bodyOf(body: Buffer): Body {
  return JSON.parse(body.toString('utf8')) as Body;
}

export function toldBy({ type, data }: Body, links: OfferLinks, publicUrl: string): Told {
  const { lead } = data;
  // Of a reminder only while there is a deadline: whoever has accepted has nothing to accept.
  const link = ofOffers.has(type) && lead ? linkOf(lead.id, data, links) : undefined;
  return {
    title: TITLES[type] ?? type,
    facts: [...named(lead?.facts, FACTS), ...named(data, SHOWN), ...named(lead && { lead: lead.id }, ['lead'])],
    contact: named(lead?.contact, CONTACT),
    reasons: (data.reasons ?? []).slice(0, MAX_REASONS).map(({ reason }) => line(reason)),
    link: link && `${publicUrl}/v1/links/${link}`,
  };
}

/** Its party, lead and number are in the event: a damaged one has no link, rather than a wrong one. */
function linkOf(leadId: string, data: Body['data'], links: OfferLinks): string | undefined {
  const { party, offer, acceptBy } = data;
  const until = typeof acceptBy === 'string' ? Date.parse(acceptBy) : Number.NaN;
  if (typeof offer !== 'number' || !Number.isSafeInteger(until)) return undefined;
  return links.sign({ leadId, offer, acceptBy: until }, party);
}

function named<Name extends string>(values: object | null | undefined, names: readonly Name[]): [Name, string][] {
  return names.flatMap((name): [Name, string][] => {
    const value = (values as Partial<Record<Name, unknown>> | null | undefined)?.[name];
    return typeof value === 'string' || typeof value === 'number' ? [[name, line(String(value))]] : [];
  });
}

/** On one line, whatever was typed: nobody who fills in a form writes lines of our message. */
function line(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ').trim();
}
