import { createHash } from 'node:crypto';
import type { Offer } from '@fairlead/decisions';
import { reasons } from '@fairlead/events';
import type { LeadDetails } from '../store/leads.store.js';

/** A value of which every character that means something in HTML is written otherwise; in text and in quoted attributes. */
export function escaped(value: unknown): string {
  const text = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  return text.replace(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`);
}

const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:40em;margin:2em auto;padding:0 1em}dt{font-weight:600}dd{margin:0 0 .5em}' +
  'form{margin:1em 0}button,select{font:inherit;padding:.4em 1em}';

/** No scripts, no pictures, nothing of others; the one style by its hash, and forms that are sent to nobody but us. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; ` +
    `form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
  'x-robots-tag': 'noindex, nofollow',
  'referrer-policy': 'no-referrer',
};

/** The facts that a party decides by, and nothing of the person. */
const FACTS = ['company', 'country', 'region', 'industry', 'employees', 'product'] as const;

/** What the offer is, and the two answers to it. Only sending a form decides: programs that look at mail follow links. */
export function offerPage(details: LeadDetails, { grade, acceptBy }: Offer): string {
  const facts = FACTS.flatMap((name) => {
    const value = details.facts[name];
    return value === undefined || value === null ? [] : [`<dt>${name}</dt><dd>${escaped(value)}</dd>`];
  });
  const why = details.reasons.map(({ reason, points }) => `<li>${escaped(reason)} (${escaped(points)})</li>`);
  const options = reasons.map((reason) => `<option value="${escaped(reason)}">${escaped(reason)}</option>`);
  return page(
    'A lead is offered to you',
    `<dl>${facts.join('')}<dt>grade</dt><dd>${escaped(grade ?? 'none')}</dd>
<dt>accept by</dt><dd>${new Date(acceptBy).toISOString()}</dd></dl>
${why.length > 0 ? `<p>Why it has this grade:</p><ul>${why.join('')}</ul>` : ''}
<form method="post"><input type="hidden" name="answer" value="accept"><button>Accept</button></form>
<form method="post"><input type="hidden" name="answer" value="decline"><label>Reason
<select name="reason" required><option value=""></option>${options.join('')}</select></label> <button>Decline</button></form>`,
  );
}

/** One sentence, and no more than that. */
export function plainPage(title: string, sentence: string): string {
  return page(title, `<p>${escaped(sentence)}</p>`);
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><title>${escaped(title)}</title><style>${STYLE}</style></head>
<body><h1>${escaped(title)}</h1>
${body}
</body></html>
`;
}
