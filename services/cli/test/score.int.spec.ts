import { type LearnedDocument, defaultModel, modelOf, scorable, scoreLead } from '@fairlead/decisions';
import {
  causedBy,
  encodeEvent,
  decodeEvent,
  LeadLost,
  LeadQualified,
  LeadReceived,
  LeadScored,
  ModelActivated,
  ModelShadowed,
} from '@fairlead/events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { idOf, START, writeLog } from './fixture/made-log.js';
import { runFairlead } from './fixture/run-fairlead.js';

const PATIENCE_MS = 120_000;

interface Printed {
  readonly leads: number;
  readonly won: number;
  readonly open: number;
  readonly auc: number;
  readonly brier: number;
  readonly folds: number | null;
  readonly warnings: readonly string[];
  readonly leftOut: readonly { column: string; why: string }[];
  readonly grades: readonly { grade: string; won: { trials: number; value: number | null } }[];
  readonly model: LearnedDocument;
  readonly error?: { message: string };
}

/** Leads of which those were won more often that looked around for long, or were sent by a friend. */
function table(rows: number, { from = 0, channels = ['advert', 'search', 'friend', 'Select'] } = {}): string {
  const lines = ['No;Channel;Minutes;Country;Said;Result'];
  for (let row = from; row < from + rows; row++) {
    const [minutes, channel] = [(row * 37) % 240, channels[(row * 7) % channels.length] ?? ''];
    const chance = (minutes > 90 ? 0.55 : 0.1) + (channel === 'friend' ? 0.3 : 0);
    const isWon = ((row * 613) % 997) / 997 < chance;
    lines.push(
      [
        row,
        `"${channel}"`,
        minutes,
        row % 3 ? 'Germany' : 'Nowhere',
        isWon ? 'yes!' : 'hm',
        isWon ? 'deal' : 'lost',
      ].join(';'),
    );
  }
  return lines.join('\r\n');
}

const mapping = {
  columns: {
    ...{ No: 'externalId', Channel: 'attributes.channel', Minutes: 'engagement.minutes', Country: 'country' },
    ...{ Said: 'attributes.said', Result: 'outcome' },
  },
  values: { outcome: { deal: 'won' } },
};

describe('fairlead score', () => {
  let folder: string;
  const file = (name: string, text?: string) => {
    if (text !== undefined) writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const score = async (...args: string[]) => {
    const { code, stdout, stderr } = await runFairlead(['score', ...args]);
    const printed = (args.includes('--json') ? JSON.parse(stdout) : {}) as Printed;
    return { code, stdout, stderr, printed };
  };

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'fairlead-score-'));
    file('history.csv', table(900));
    file('map.json', JSON.stringify(mapping));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it(
    'learns a model, the same each time, which judges leads that it has not seen, and others than it knows',
    async () => {
      const data = ['--data', file('history.csv'), '--map', file('map.json'), '--exclude', 'Country'];
      const first = await score('train', ...data, '--out', file('one.json'), '--json');
      expect(first).toMatchObject({ code: 0, printed: { leads: 900, open: 0, folds: 5 } });
      expect(first.printed.auc).toBeGreaterThan(0.7);
      expect(first.printed.leftOut).toMatchObject([{ column: 'Said', why: 'tells the outcome' }]);
      const again = await score('train', ...data, '--out', file('two.json'));
      expect(again.stdout).toContain('Said alone tells won leads from others');
      expect(readFileSync(file('two.json'))).toEqual(readFileSync(file('one.json')));

      // Nobody knows yet what becomes of these, and one of their channels is new.
      const unseen = table(40, { from: 5_000, channels: ['friend', 'advert', 'telepathy, "pure"'] });
      file('unseen.csv', unseen.replaceAll(/;[^;]*;[^;]*(?=\r\n|$)/g, ''));
      file('unseen.json', JSON.stringify({ ...mapping, columns: { ...mapping.columns, Said: undefined } }));
      const judged = await score(
        ...['evaluate', '--data', file('unseen.csv'), '--map', file('unseen.json'), '--exclude', 'Country'],
        ...['--model', file('one.json'), '--predictions', file('out.csv'), '--json'],
      );
      expect(judged).toMatchObject({ code: 0, printed: { leads: 0, open: 40, auc: null, brier: null } });
      const lines = readFileSync(file('out.csv'), 'utf8').trimEnd().split('\n');
      expect(lines[0]).toBe('externalId,probability');
      expect(lines).toHaveLength(41);
      expect(lines[1]).toMatch(/^5000,0\.\d{6}$/);
    },
    PATIENCE_MS,
  );

  it(
    'cross-validates where no model is given, and judges one that is',
    async () => {
      const data = ['--data', file('history.csv'), '--map', file('map.json'), '--json'];
      const { printed } = await score('evaluate', ...data, '--folds', '3', '--predictions', file('cross.csv'));
      expect(printed.folds).toBe(3);
      expect(printed.warnings.join()).toContain('country is not understood in 300 rows, row 1 first');
      const rates = printed.grades.map(({ won }) => won.value ?? 0);
      expect(rates[0]).toBeGreaterThan((rates[3] ?? 1) + 0.2);
      expect(readFileSync(file('cross.csv'), 'utf8').trimEnd().split('\n')).toHaveLength(901);

      file('points.json', JSON.stringify(defaultModel));
      const points = await score('evaluate', ...data, '--model', file('points.json'));
      expect(points).toMatchObject({ code: 0, printed: { leads: 900, brier: null, folds: null } });
      const cannot = await score('evaluate', ...data, '--model', file('points.json'), '--predictions', file('no.csv'));
      expect(cannot).toMatchObject({
        code: 1,
        printed: { error: { message: expect.stringContaining('points model') } },
      });
    },
    PATIENCE_MS,
  );

  it(
    'says what is wrong, and where',
    async () => {
      const map = (columns: object) => file('other.json', JSON.stringify({ columns }));
      const failing = async (...args: string[]) => {
        const { code, stderr } = await score('train', ...args);
        return `${code}: ${stderr}`;
      };
      const history = file('history.csv');
      expect(await failing('--data', history)).toMatch(/^1: .*--map FILE is missing/);
      expect(await failing('--data', history, '--map', map({ Minutes: 'engagement.minutes' }))).toMatch(
        /^1: .*“outcome”/,
      );
      expect(await failing('--data', history, '--map', map({ Result: 'outcome' }))).toMatch(
        /row 1 \(line 2\): Result holds no word that is known to mean won or not/,
      );
      const known = ['--data', history, '--map', file('map.json')];
      expect(await failing(...known, '--exclude', 'Tags')).toMatch(/^1: .*names “Tags”, and there is no such column/);
      expect(await failing('--data', file('none.csv'), '--map', file('map.json'))).toMatch(
        /^1: .*cannot be read \(ENOENT\)/,
      );
      file('few.csv', table(30));
      expect(await failing('--data', file('few.csv'), '--map', file('map.json'))).toMatch(/a model needs 20 that were/);
    },
    PATIENCE_MS,
  );

  it(
    'learns from a log what became of its leads, and replay comes to the same scores',
    async () => {
      const { stdout } = await runFairlead([
        'score',
        'train',
        '--data',
        file('history.csv'),
        '--map',
        file('map.json'),
        '--json',
      ]);
      const learned = modelOf((JSON.parse(stdout) as Printed).model, 2);
      const points = modelOf(defaultModel, 1);
      const entries: Buffer[] = [];
      const id = () => idOf(`scored event ${entries.length}`);
      for (const [definition, { document, version, hash }] of [
        [ModelActivated, learned],
        [ModelShadowed, points],
      ] as const) {
        const data = { name: document.name, version, hash, model: document, actor: 'test' };
        const of = { id: id(), source: '/scoring', time: START, subject: document.name };
        entries.push(encodeEvent(definition, { ...of, data }).bytes);
      }
      for (let index = 0; index < 300; index++) {
        const facts = {
          ...{ engagement: { minutes: (index * 37) % 240 }, country: 'DE' },
          attributes: { channel: index % 4 ? 'search' : 'friend' },
        };
        const of = { source: '/ingestion', time: START + index, subject: idOf(`lead ${index}`) };
        const data = { sourceId: 'web', state: 'complete' as const, missing: [], facts, occurredAt: START };
        const received = encodeEvent(LeadReceived, {
          ...of,
          id: id(),
          data: { ...data, reachable: { email: true, phone: false } },
        });
        entries.push(received.bytes);
        const cause = decodeEvent(received.bytes) as LeadReceived;
        const { lead, told } = scorable(cause) as NonNullable<ReturnType<typeof scorable>>;
        const now = START + index;
        const scored = { ...scoreLead(lead, learned, now, points), ...told };
        entries.push(causedBy(cause, LeadScored, { source: '/scoring', time: now, data: scored }).bytes);
        const won = facts.engagement.minutes > 120 !== (index % 7 === 0);
        const answer = { ...of, id: id(), data: { party: 'direct', offer: 1, at: now } };
        if (index >= 280) continue;
        entries.push(won ? encodeEvent(LeadQualified, answer).bytes : encodeEvent(LeadLost, answer).bytes);
      }
      const log = file('log');
      writeLog(log, entries);

      const replay = await runFairlead(['replay', log, '--json', '--no-read-models']);
      expect(JSON.parse(replay.stdout)).toMatchObject({ decisions: 300, identical: 300, different: [] });
      const { code, printed } = await score('train', '--data', log, '--json');
      expect(code).toBe(0);
      expect(printed).toMatchObject({ leads: 280, open: 20 });
      expect(printed.auc).toBeGreaterThan(0.8);
      expect(printed.model.engagement.factors.map(({ field }) => field)).toEqual(['engagement.minutes']);
    },
    PATIENCE_MS,
  );

  it('tells how to use it', async () => {
    const help = await score('--help');
    expect(help.stdout).toMatch(/train[^]*evaluate[^]*shadow/);
    expect((await score('train', '--help')).stdout).toContain('The outcome is what a model learns to foresee');
    expect((await score('train')).code).not.toBe(0);
  });
});
