import { spawnSync } from 'node:child_process';
import { trustReport, type TrustCounts } from '@fairlead/decisions';
import type { TrustAnswer } from '@fairlead/outcome-tracking/trust';
import { percent } from '../report-page/written.js';
import { leftOutInWords } from './left-out-in-words.js';
import { againFrom, poolsApart, type TrustBook } from './trust-book.js';
import { trustCsv } from './trust-csv.js';
import { trustPage } from './trust-page.js';

const none = { delivered: 0, declined: 0, expired: 0, withdrawn: 0, open: 0, returned: 0 };
const offers = (party: string, pool: string, offered: number, won: number): TrustCounts['counted'][number] => {
  const tally = { ...none, offered, accepted: offered, kept: offered, contacted: won, qualified: won, won, lost: 0 };
  return { party, pool, grade: 'A', kind: 'share', policy: 'emea@1', tally };
};
const counted = [offers('direct', 'smb', 40, 20), offers('acme', 'smb', 60, 15), offers('bolt', 'rest', 10, 1)];

function answerTo(pool: string | null, partner: string | null = null): TrustAnswer {
  const isSeen = (party: string) => partner === null || party === partner || party === 'direct';
  const own = counted.filter((each) => (pool === null || each.pool === pool) && isSeen(each.party));
  const silent = own.map(({ party, tally }) => ({ party, tally: { accepted: tally.accepted, reported: tally.won } }));
  const promises = ['smb', 'rest'].map((each) => ({
    ...{ policy: 'emea@1', pool: each, grade: 'A' as const, directPercent: 40 },
  }));
  return {
    ...{
      pool,
      leftOut: pool === null ? ['legacy'] : [],
      from: '2026-01-01',
      to: null,
      source: null,
      campaign: "<b>spring's</b>",
      age: null,
      partner,
    },
    asOf: { at: '2026-04-01T00:00:00.000Z', events: [300, 0, 500, 0, 0, 7], total: 807 },
    pools: [...new Set(own.map((each) => each.pool))].sort(),
    ...trustReport({ counted: own, silent }, promises, { mix: 'grade', silence: 14 }),
  };
}

const asked = { from: '2026-01-01', campaign: "<b>spring's</b>" };
const whole = answerTo(null);
// What other partners did is in no answer to a partner: the command cannot tell it, whatever it makes of it.
const answered = answerTo(null, 'acme');
const own = <T>(parties: Readonly<Record<string, T>>) => ({ acme: parties['acme'] as T });
const asAcme: TrustAnswer = {
  ...answered,
  ...{ parties: own(answered.parties), likeForLike: own(answered.likeForLike) },
  noWord: { ...answered.noWord, parties: own(answered.noWord.parties) },
};
const book: TrustBook = {
  whole,
  pools: poolsApart(whole).map((pool) => answerTo(pool)),
  again: againFrom(whole, asked),
};

describe('trust figures to be handed round', () => {
  it('are a page that needs nothing else and runs nothing, with all pools together and each by itself', () => {
    const page = trustPage(book);
    expect(page).not.toMatch(
      /<script|<link|<img|<iframe|@import|url\((?!#)|https?:|javascript:| on[a-z]+=| style=|<b>/iu,
    );
    expect([...page.matchAll(/<h2[^>]*>([^<]*)/gu)].map(([, heading]) => heading)).toEqual([
      ...['All pools', 'Pool rest', 'Pool smb', 'What the words mean'],
    ]);
    const ids = [...page.matchAll(/ id="([^"]*)"/gu)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(page).toContain('25.0\u00a0%');
    expect(page).toContain('807 events of leads');
    expect(page).toContain('300 0 500 0 0 7');
    expect(page).toContain(leftOutInWords(whole));
    // Where its whisker is drawn, and what it says to whoever hears the chart.
    const { value, low, high } = whole.promise['A']?.received.channel ?? {};
    const share = (of: number | null | undefined) => percent(of ?? null, 0);
    expect(page).toContain(`${share(value)} (${share(low)} to ${share(high)})`);
    expect(page).toContain('npx fairlead export --out log &#38;&#38; npx fairlead verify log');
    // The same arguments make the same bytes.
    expect(trustPage(book)).toBe(page);
  });

  it('say to whom a partner’s report is addressed, and of others nothing', () => {
    const page = trustPage({ ...book, whole: asAcme, pools: [] });
    expect(page).toContain('What acme got');
    for (const text of ['bolt', 'its partners', '>all partners<', '>partners, A', 'partners received'])
      expect(page).not.toContain(text);
    for (const text of ['apart from acme', 'Leads accepted by acme', '>acme, A', 'acme received'])
      expect(page).toContain(text);
  });

  it('have in a partner’s own table its rows under its own name, each once', () => {
    const { headings, rows } = trustCsv({ ...book, whole: asAcme, pools: [] });
    expect(rows.map((row) => row.slice(1, 4).join(' '))).toEqual([
      ...['all direct direct all', 'all direct direct A', 'acme channel all', 'acme channel A'],
    ]);
    const cell = (name: string) => rows[2]?.[headings.indexOf(name)];
    expect([cell('won'), cell('won_like_for_like_rate'), cell('no_word_rate')]).toEqual(['15', '0.25', '0.75']);
  });

  it('are a table with a row for each pool, party and grade, each with its position in the log', () => {
    const { headings, rows } = trustCsv(book);
    for (const row of rows) expect(row).toHaveLength(headings.length);
    const cell = (row: readonly string[] | undefined, name: string) => row?.[headings.indexOf(name)];
    const of = (pool: string, party: string, grade: string) =>
      rows.find((row) => row[0] === pool && row[1] === party && row[3] === grade);
    expect(cell(of('smb', 'acme', 'A'), 'won')).toBe('15');
    expect(cell(of('*', 'all partners', 'all'), 'offered')).toBe('70');
    expect(cell(of('*', 'all partners', 'A'), 'promised_percent')).toBe('60');
    expect(cell(of('*', 'acme', 'all'), 'won_like_for_like_rate')).toBe('0.25');
    expect(of('rest', 'acme', 'A')).toBeUndefined();
    expect([cell(of('*', 'acme', 'A'), 'left_out'), cell(of('smb', 'acme', 'A'), 'left_out')]).toEqual(['legacy', '']);
    expect(new Set(rows.map((row) => cell(row, 'as_of_events')))).toEqual(new Set(['300 0 500 0 0 7']));
  });

  it('say how they are worked out again in words that a shell takes as they are meant', () => {
    const line = book.again[1] as string;
    const args = line.slice(line.indexOf(' log ') + 5);
    const { stdout } = spawnSync('sh', ['-c', `printf '%s\\n' ${args}`], { encoding: 'utf8' });
    expect(stdout.split('\n')).toEqual(['--from', '2026-01-01', '--campaign', "<b>spring's</b>", '--as-of', '-', '']);
    const position = spawnSync('sh', ['-c', line.slice(0, line.indexOf(' | '))], { encoding: 'utf8' }).stdout;
    expect(JSON.parse(position)).toEqual({ at: whole.asOf.at, events: whole.asOf.events });
  });
});
