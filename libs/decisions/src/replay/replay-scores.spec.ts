import { derivedId, type FairleadEvent, type LeadScored } from '@fairlead/events';
import { defaultModel } from '../score/default-model.js';
import type { LearnedDocument } from '../score/learned-model.js';
import { type Model, modelOf } from '../score/model.js';
import { scorable, type ScoreCause } from '../score/scorable.js';
import { scoreLead } from '../score/score-lead.js';
import { ScoreReplay } from './replay-scores.js';
import { RuleHistory } from './rule-history.js';

const model = modelOf(defaultModel, 1);
const now = Date.UTC(2026, 0, 15);
const facts = (visits: number) => ({ country: 'DE', engagement: { visits }, attributes: {} });
const reachable = { email: true, phone: false };
const event = (id: string, type: string, data: object) =>
  ({ id, type, subject: 'a-lead', data, time: '2026-01-15T12:00:00.000Z' }) as unknown as ScoreCause;
const known = (visits: number, state = 'complete') => ({
  ...{ sourceId: 'web', state, missing: [], reachable, facts: facts(visits), engagedAt: {}, receivedAt: now },
});

const received = event('r', 'lead.received', { state: 'complete', facts: facts(1), reachable, sourceId: 'web' });
const touches = [2, 3, 4].map((visits) =>
  event(`e-${visits}`, visits % 2 ? 'lead.merged' : 'lead.engaged', {
    changed: ['engagement.visits'],
    known: known(visits),
  }),
);

function scored(cause: ScoreCause): LeadScored {
  const { lead, told } = scorable(cause) as NonNullable<ReturnType<typeof scorable>>;
  const data = { ...scoreLead(lead, model, now), ...told };
  return { ...event(derivedId(cause.id, 'lead.scored'), 'lead.scored', data) } as unknown as LeadScored;
}

function replayed(log: readonly FairleadEvent[]): string[] {
  const rules = new RuleHistory();
  const { name, version, hash } = { ...defaultModel, version: 1, hash: model.hash };
  rules.read(event('m', 'model.activated', { name, version, hash, model: defaultModel }));
  const scores = new ScoreReplay(rules);
  return log.flatMap((each) => {
    rules.read(each);
    const result = scores.read(each);
    if (!result) return [];
    if ('undecidable' in result) return [result.undecidable];
    return [JSON.stringify(result.again) === JSON.stringify(result.recorded.data) ? 'same' : 'different'];
  });
}

describe('replaying the scores of a log', () => {
  const [two, three, four] = touches as [ScoreCause, ScoreCause, ScoreCause];

  it('comes to the same of a lead that is scored again, once for several changes, and however late', () => {
    expect(replayed([received, scored(received), two, three, scored(three), four, scored(four)])).toEqual(
      Array.from({ length: 3 }, () => 'same'),
    );
    expect(replayed([received, two, three, scored(received), four, scored(three), scored(four)])).toEqual(
      Array.from({ length: 3 }, () => 'same'),
    );
  });

  it('does not take a held lead, nor one that is known no better, for one that was to be scored', () => {
    const held = event('h', 'lead.merged', { changed: ['country'], known: known(7, 'held') });
    const same = event('s', 'lead.merged', { changed: [], known: known(7) });
    const named = event('n', 'lead.merged', { changed: ['lastName', 'message'], known: known(7) });
    const old = event('o', 'lead.merged', { changed: ['phone'] });
    expect([held, same, named, old].map(scorable)).toEqual([undefined, undefined, undefined, undefined]);
    expect(replayed([received, held, same, named, old, scored(received)])).toEqual(['same']);
  });

  it('comes to the same of what was scored before consent was told, and of a consent that changed or a split that took it away', () => {
    const older = scored(received);
    const { consent: _, ...untold } = older.data;
    expect(replayed([received, { ...older, data: untold }])).toEqual(['same']);
    const told = (id: string, type: string, consent?: object) =>
      event(id, type, { changed: ['consent'], known: { ...known(1), ...(consent && { consent }) } });
    const refused = told('c', 'lead.consent-changed', { given: false });
    const parted = told('s', 'lead.split');
    const [one, other] = [scored(refused), scored(parted)];
    expect([one, other].map(({ data }) => [data.cause, data.consent, data.consentGiven])).toEqual([
      ['consent', 'refused', false],
      ['split', 'unknown', false],
    ]);
    expect(replayed([refused, one, parted, other])).toEqual(['same', 'same']);
    const otherwise = { ...one, data: { ...one.data, consent: 'given' as const } };
    expect(replayed([refused, otherwise])).toEqual(['different']);
  });

  it('says of a score that nothing led to that it cannot be taken again', () => {
    expect(replayed([received, scored(received), scored(two)])).toEqual([
      'same',
      'the log does not say how the lead came in',
    ]);
  });
});

describe('replaying the scores of models that learned, fade and run in shadow', () => {
  const side = (field: string, weight: number): LearnedDocument['fit'] => ({
    base: 25_000,
    factors: [{ field, bands: [{ below: 3, weight: -weight }, { weight }], otherwise: 0, missing: -1_100 }],
  });
  const learned = modelOf(
    {
      ...{ kind: 'learned', name: 'learned', scale: { even: 50_000, double: 8_000 }, missingWords: ['select'] },
      ...{ fit: side('employees', 9_700), engagement: side('engagement.visits', 14_200), pairs: [] },
      ...{ grades: { A: 70, B: 50, C: 30 }, notQualified: [] },
    },
    4,
  );
  const fading = modelOf(
    {
      ...defaultModel,
      name: 'fading',
      engagement: { atMost: 40, factors: [{ field: 'engagement.visits', known: 31, halfLife: '7d' }] },
    },
    2,
  );
  const day = 86_400_000;
  const came = (subject: string, visits: number, daysAgo: number): ScoreCause => ({
    ...event(`came-${subject}`, 'lead.received', {
      ...{ state: 'complete', facts: facts(visits), reachable, sourceId: 'web', occurredAt: now - daysAgo * day },
    }),
    subject,
  });
  const leads = [came('a', 1, 0), came('b', 9, 11), came('c', 4, 300)];
  const said = (of: Model, cause: ScoreCause, challenger?: Model) => {
    const { lead, told } = scorable(cause) as NonNullable<ReturnType<typeof scorable>>;
    const data = { ...scoreLead(lead, of, now, challenger), ...told };
    return {
      ...event(derivedId(cause.id, 'lead.scored'), 'lead.scored', data),
      subject: cause.subject,
    } as unknown as LeadScored;
  };
  const announced = (type: string, { document, version, hash }: Model) =>
    event(`${type} ${document.name}`, type, { name: document.name, version, hash, model: document });
  const pairs = [
    [learned, fading],
    [fading, learned],
    [fading, undefined],
  ] as const;

  it.each(pairs)('comes to the same, to the byte', (of, challenger) => {
    const rules = [announced('model.activated', of), ...(challenger ? [announced('model.shadowed', challenger)] : [])];
    const log = [...rules, ...leads.flatMap((cause) => [cause, said(of, cause, challenger)])];
    expect(replayed(log)).toEqual(['same', 'same', 'same']);
    // The leads are not all alike, or this would show little.
    expect(new Set(leads.map((cause) => said(of, cause).data.score)).size).toBeGreaterThan(1);
  });

  it('tells a probability or a shadow that was changed, and a challenger that the log does not have', () => {
    const [cause] = leads as [ScoreCause];
    const recorded = said(learned, cause, fading);
    const log = [announced('model.activated', learned), announced('model.shadowed', fading), cause];
    const changed = (data: Partial<LeadScored['data']>) => ({ ...recorded, data: { ...recorded.data, ...data } });
    const shadow = { ...(recorded.data.shadow as NonNullable<LeadScored['data']['shadow']>), grade: 'A' as const };
    expect(replayed([...log, changed({ probability: 999_999 })])).toEqual(['different']);
    expect(replayed([...log, changed({ shadow })])).toEqual(['different']);
    expect(replayed([announced('model.activated', learned), cause, recorded])).toEqual([
      'the log does not tell model fading@2',
    ]);
  });
});
