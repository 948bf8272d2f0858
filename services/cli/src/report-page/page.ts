import { createHash } from 'node:crypto';
import { type Content, markup, Markup } from './markup.js';
import { STYLE } from './style.js';

export interface ReportPage {
  readonly title: string;
  /** A few words above the title: what kind of report it is. */
  readonly kicker?: string;
  /** What it comes to, before all else. */
  readonly summary: Content;
  readonly sections: readonly Section[];
  /** Where its figures are from, and how the page is made again. */
  readonly provenance: readonly (readonly [name: string, value: Content])[];
}

export interface Section {
  /** Its place in the address; letters, digits and hyphens. */
  readonly id: string;
  readonly heading: string;
  readonly content: Content;
}

/**
 * A report as one file that needs nothing else: no script, no font, no picture, nothing of others, and it says so to the browser (its one
 * style by hash, so that styles in attributes do not work either). The same arguments make the same bytes.
 */
export function reportPage({ title, kicker, summary, sections, provenance }: ReportPage): string {
  const policy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'`;
  return markup`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="content-security-policy" content="${new Markup(policy)}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <meta name="referrer" content="no-referrer" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        <style>${new Markup(STYLE)}</style>
      </head>
      <body>
        <div class="page">
          <header>
            ${kicker !== undefined && markup`<p class="kicker">${kicker}</p>`}
            <h1>${title}</h1>
            ${summary}
            <nav aria-label="Contents">
              <ul>
                ${sections.map(({ id, heading }) => markup`<li><a href="#${id}">${heading}</a></li>`)}
              </ul>
            </nav>
          </header>
          <main>
            ${sections.map(
              ({ id, heading, content }) =>
                markup`<section id="${id}" aria-labelledby="${id}-heading">
                  <h2 id="${id}-heading">${heading}</h2>
                  ${content}
                </section> `,
            )}
          </main>
          <footer>${facts(provenance)}</footer>
        </div>
      </body>
    </html> `.text;
}

/** Names and values, one under the other. */
export function facts(rows: readonly (readonly [name: string, value: Content])[]): Markup {
  return markup`<dl class="facts">
    ${rows.map(
      ([name, value]) =>
        markup`<dt>${name}</dt>
          <dd>${value}</dd>`,
    )}
  </dl>`;
}

/** Few figures that one should see first. */
export function keyFigures(
  figures: readonly { readonly name: string; readonly value: string; readonly note?: Content }[],
): Markup {
  return markup`<div class="keys">
    ${figures.map(
      ({ name, value, note }) =>
        markup`<dl class="key">
          <dt>${name}</dt>
          <dd>${value}</dd>
          ${note !== undefined && markup`<dd>${note}</dd>`}
        </dl>`,
    )}
  </div>`;
}
