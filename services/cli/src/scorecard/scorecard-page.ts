import { markup } from '../report-page/markup.js';
import { reportPage } from '../report-page/page.js';
import { table } from '../report-page/table.js';
import { leftOutInWords } from '../trust/left-out-in-words.js';
import { whole } from '../report-page/written.js';
import {
  partyRows,
  promiseHeadings,
  promiseRows,
  returnsInWords,
  type Scorecard,
  vendorRows,
  whyWithheld,
} from './scorecard-in-words.js';

/** A two-way scorecard as a page for a meeting. @param again  what works it out again from an export, a line each */
export function scorecardPage(card: Scorecard, again: readonly string[]): string {
  const { partner, pool, from, to, asOf } = card;
  const columns = ['', partner, 'all partners', 'direct'].map((heading, at) => ({
    heading,
    kind: at === 0 ? ('text' as const) : ('prose' as const),
  }));
  const promises = promiseRows(card);
  const notes = [leftOutInWords(card), whyWithheld(card)].filter((each) => each !== undefined);
  return reportPage({
    title: `Scorecard of ${partner}`,
    kicker: `Fairlead, offers made ${from} to ${to}${pool === null ? '' : `, in pool ${pool}`}`,
    summary: markup`<p class="lead">What ${partner} promised and kept, and what the vendor did, in the same words.</p>
<p>Of offers made in the period, whatever became of them since. Behind each rate stands its 95 % interval.${notes.map((note) => ` ${note}`)}</p>`,
    sections: [
      {
        id: 'party',
        heading: `What ${partner} kept`,
        content: table({
          caption: 'Of the offers no longer open; from contacted on, of the leads accepted',
          columns,
          rows: partyRows(card),
        }),
      },
      {
        id: 'vendor',
        heading: 'What the vendor kept',
        content: [
          table({ caption: 'Of the offers no longer open', columns, rows: vendorRows(card) }),
          promises.length > 0 &&
            table({
              caption: 'Leads under the promise that anybody kept',
              columns: promiseHeadings.map((heading, at) => ({
                heading: heading.toLowerCase(),
                kind: at === 0 ? ('text' as const) : ('prose' as const),
              })),
              rows: promises,
            }),
          markup`<p>Returned: ${returnsInWords(card)}</p>`,
        ],
      },
    ],
    provenance: [
      ['As of', `${asOf.at}, ${whole(asOf.total ?? 0)} events of leads`],
      ...(asOf.events === null
        ? []
        : [
            [
              'Position',
              markup`<code>${asOf.events.join(' ')}</code>: so many events of each part of the log`,
            ] as const,
          ]),
      ['Worked out again by', markup`<code>${again.map((line) => markup`${line}<br />`)}</code>`],
    ],
  });
}
