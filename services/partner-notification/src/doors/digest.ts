import { csvOf } from './csv.js';
import { type Email, escaped } from './email.js';
import { type Body, CONTACT, FACTS, SHOWN, TITLES, type Told } from './told.js';

/** An event as it stands in a digest. */
export interface Entry {
  readonly body: Body;
  readonly told: Told;
  /** Of an offer that had ended when the digest was sent: why. */
  readonly ended: string | null;
}

/**
 * With 500 rows, and every cell for free text full of letters of two bytes, some 4 MB: relays take ten, of which the encoding of
 * attachments is a third.
 */
const MAX_CELL_LENGTH = 500;

const HEADINGS = [
  'time',
  'event',
  'lead',
  'offer',
  'ended',
  ...FACTS,
  ...SHOWN,
  ...CONTACT,
  'reasons',
  'link',
] as const;

/** A table of what came since the last one, and a few lines that say what is in it. */
export function digestOf(entries: readonly Entry[], party: string, first: string): Email {
  const [from = '', to = ''] = [entries[0]?.body.time, entries.at(-1)?.body.time];
  const counts = [...Map.groupBy(entries, ({ body }) => body.type)].map(
    ([type, some]) => `${some.length} × ${TITLES[type] ?? type}`,
  );
  const title = `${entries.length} ${entries.length === 1 ? 'event' : 'events'} of your leads`;
  const when = entries.length === 0 ? 'What it held is not kept any more.' : `From ${from} to ${to}:`;
  const ended = entries.some((entry) => entry.ended !== null)
    ? [
        'Offers that had ended before this was sent stand in the table with the reason, and with nothing of their leads.',
      ]
    : [];
  return {
    subject: entries.length === 0 ? title : `${title}, ${from.slice(0, 16)} to ${to.slice(0, 16)} UTC`,
    text: `${[when, ...counts.map((count) => `- ${count}`), '', ...ended, 'The table is attached.'].join('\n')}\n`,
    html: [
      `<!doctype html><html lang="en"><body><p>${escaped(when)}</p>`,
      `<ul>${counts.map((count) => `<li>${escaped(count)}</li>`).join('')}</ul>`,
      ...ended.map((line) => `<p>${line}</p>`),
      '<p>The table is attached.</p></body></html>',
    ].join('\n'),
    attachments: [
      {
        // Of a party's digests no two begin with the same event.
        filename: `leads-${party}-${first}.csv`,
        contentType: 'text/csv; charset=utf-8; header=present',
        content: csvOf(HEADINGS, entries.map(rowOf)),
      },
    ],
  };
}

function rowOf({ body, told, ended }: Entry): string[] {
  const { offer } = body.data;
  const cells: Partial<Record<string, string>> = {
    ...Object.fromEntries([...told.facts, ...told.contact]),
    time: body.time,
    event: body.type,
    lead: body.data.lead?.id ?? '',
    offer: typeof offer === 'number' ? String(offer) : '',
    ended: ended ?? '',
    reasons: told.reasons.join(' | '),
    link: told.link ?? '',
  };
  return HEADINGS.map((heading) => cut(cells[heading] ?? '', heading === 'link' ? Infinity : MAX_CELL_LENGTH));
}

function cut(text: string, length: number): string {
  const letters = [...text];
  return letters.length <= length ? text : `${letters.slice(0, length - 1).join('')}…`;
}
