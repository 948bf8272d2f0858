import { createHash } from 'node:crypto';
import { barChart } from './bar-chart.js';
import { lineChart } from './line-chart.js';
import { markup } from './markup.js';
import { keyFigures, reportPage } from './page.js';
import { table } from './table.js';
import { percent } from './written.js';

const along = { label: 'quarter', names: ['1', '2', '3'] };
const axis = { label: 'Share of leads', written: (value: number) => percent(value, 0) };
const lines = lineChart({
  ...{ id: 'follow-up', title: 'Follow-up', description: 'It falls, and comes back.', along, axis },
  lines: [
    { name: 'legacy', tone: 'first', values: [0.5, null, 0.2], between: [{ low: 0.4, high: 0.6 }, null, null] },
    { name: 'fair', tone: 'second', values: [0.5, 0.7, 0.9] },
  ],
});
const bars = barChart({
  ...{ id: 'gap', title: 'The gap', description: 'Most of it is better leads.', along, axis, stacked: true },
  bars: [
    { name: 'leads', tone: 'third', values: [0.2, 0.2, 0.25] },
    { name: 'work', tone: 'fourth', values: [0.05, -0.05, 0.1], between: [{ low: 0, high: 0.1 }, null, null] },
  ],
});
const page = reportPage({
  title: 'A <report>',
  kicker: 'Simulation',
  summary: keyFigures([{ name: 'seed', value: '1' }]),
  sections: [{ id: 'charts', heading: 'Charts', content: markup`<div class="charts">${lines}${bars}</div>` }],
  provenance: [['seed', '1']],
});

describe('a report as a page', () => {
  it('needs nothing from elsewhere, runs nothing, and lets the browser hold it to that', () => {
    expect(page).not.toMatch(/<script|<link|<img|<iframe|@import|url\((?!#)|https?:|javascript:| on[a-z]+=| style=/iu);
    const style = /<style>([^]*?)<\/style>/u.exec(page)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    expect(page).toContain(
      `content="default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'"`,
    );
  });

  it('tells of each chart what it shows, and its numbers, to whoever cannot see it', () => {
    for (const id of ['follow-up', 'gap']) {
      const figure = new RegExp(`<figure id="${id}">[^]*?</figure>`, 'u').exec(page)?.[0] ?? '';
      expect(figure).toMatch(new RegExp(`role="img" aria-labelledby="${id}-title ${id}-desc"`, 'u'));
      expect(figure).toMatch(
        new RegExp(`<title id="${id}-title">[^<]+</title>\\s*<desc id="${id}-desc">[^<]+</desc>`, 'u'),
      );
      expect(figure).toContain('<details>');
    }
    expect(rowsOf(lines.text)).toEqual([
      '1|50\u00a0% (40\u00a0% to 60\u00a0%)|50\u00a0%',
      '2|–|70\u00a0%',
      '3|20\u00a0%|90\u00a0%',
    ]);
    expect(rowsOf(bars.text)).toEqual([
      '1|20\u00a0%|5\u00a0% (0\u00a0% to 10\u00a0%)',
      '2|20\u00a0%|−5\u00a0%',
      '3|25\u00a0%|10\u00a0%',
    ]);
  });

  it('uses no id twice', () => {
    const ids = [...page.matchAll(/ id="([^"]+)"/gu)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('draws a gap where nothing is known, a dot where its neighbours are not, and an interval as a band', () => {
    expect(lines.text.match(/<circle\s+class="fill first"/gu)).toHaveLength(2);
    expect(lines.text.match(/<path\s+class="band first"/gu)).toHaveLength(1);
    expect(lines.text).toMatch(/<path\s+class="line second"[^>]*d="M[\d. ]+L[\d. ]+L[\d. ]+"/u);
  });

  it('stacks what is above zero and hangs what is below it', () => {
    const drawn = [
      ...bars.text.matchAll(
        /<rect\s+class="fill (\w+)"\s+x="([\d.]+)"\s+y="([\d.]+)"\s+width="[\d.]+"\s+height="([\d.]+)"/gu,
      ),
    ]
      .map(([, tone, x, y, height]) => ({ tone, x: Number(x), top: Number(y), bottom: Number(y) + Number(height) }))
      .filter(({ x }) => x > 30);
    const at = (tone: string) => drawn.filter((each) => each.tone === tone);
    const [leads, work] = [at('third'), at('fourth')];
    expect(work[0]?.bottom).toBeCloseTo(leads[0]?.top ?? NaN, 0);
    expect(work[1]?.top).toBeCloseTo(leads[1]?.bottom ?? NaN, 0);
  });

  it('marks cells that are news, and names rows and columns', () => {
    const { text } = table({
      caption: 'Revenue',
      columns: [{ heading: 'elasticity', kind: 'text' }, { heading: 'difference' }],
      rows: [['0', { text: '+3\u00a0%', is: 'good' }]],
    });
    expect(text).toContain('<th scope="col" class="text">elasticity</th><th scope="col">difference</th>');
    expect(text).toContain('<tr><th scope="row">0</th><td class="good">+3\u00a0%</td></tr>');
  });
});

/** Of a chart's table, the cells between strokes. */
function rowsOf(text: string): string[] {
  return [...text.matchAll(/<tr><th scope="row">(.*)<\/td><\/tr>/gu)].map(([, row]) =>
    (row ?? '').replaceAll(/<\/th><td>|<\/td><td>/gu, '|'),
  );
}
