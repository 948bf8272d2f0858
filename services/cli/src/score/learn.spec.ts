import { type LearnedDocument, modelOf, readModel, scoreLead } from '@fairlead/decisions';
import fc from 'fast-check';
import type { Example } from './examples.js';
import { wonBy } from './examples.js';
import { factorsOf, shortestBetween } from './factors.js';
import { learn } from './learn.js';
import { survey } from './survey.js';

type Attributes = Example['lead']['facts']['attributes'];

function numbers(): () => number {
  let state = 4_711;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

const random = numbers();
/** Leads that are won the more often the longer they looked around, and when they were recommended. */
const examples = Array.from({ length: 1_200 }, (_, index) => {
  const minutes = Math.floor(random() ** 3 * 400);
  const channel = ['advert', 'search', 'Friends', 'Select', 'search'][Math.floor(random() * 5)] ?? '';
  const won = random() < (minutes > 60 ? 0.5 : 0.15) + (channel === 'Friends' ? 0.35 : 0);
  const attributes: Attributes = {
    channel,
    serialNumber: 70_000 + ((index * 7_919) % 90_000),
    always: 'yes',
    mail: `lead${index}@example.org`,
    told: won ? 'will buy' : 'will not',
    slogan: `slogan ${index}`,
    ...(index % 3 === 0 && { size: index % 2 === 0 ? 'n/a' : 'small' }),
  };
  const lead = { facts: { engagement: { minutes }, attributes }, reachable: { email: true, phone: false } };
  return { id: String(index), lead, won };
});
const names = new Map([
  ['engagement.minutes', 'Minutes'],
  ['attributes.channel', 'Channel'],
]);
const read = { examples, names, leftOut: [], notUnderstood: [], hasIds: true };
const { factors, leftOut } = survey(read, false);
const model = learn({ name: 'm', factors, examples });
const judge = (attributes: Attributes, engagement: Record<string, number | string> = {}) =>
  scoreLead(
    { facts: { engagement, attributes }, reachable: { email: false, phone: false }, missing: [] },
    modelOf(model, 1),
    0,
  );

describe('learning a model', () => {
  it('is the same model, byte for byte, from the same leads', () => {
    expect(JSON.stringify(learn({ name: 'm', factors, examples }))).toBe(JSON.stringify(model));
    expect(readModel(JSON.stringify(model)).ok).toBe(true);
  });

  it('learns what leads had in common that were won, in words and bands of the columns', () => {
    const good = judge({ channel: 'friends' }, { minutes: 300 });
    const bad = judge({ channel: 'advert' }, { minutes: 3 });
    expect(good.probability).toBeGreaterThan(700_000);
    expect(bad.probability).toBeLessThan(250_000);
    expect(good.contributions).toContainEqual(
      expect.objectContaining({ factor: 'Channel', reason: 'Channel is friends' }),
    );
    expect(good.contributions.find(({ factor }) => factor === 'Minutes')?.reason).toMatch(/^Minutes is (?:from )?\d+/);
    expect(good.score).toBeGreaterThan(bad.score);
  });

  it('leaves out what says which lead it is, what is always so, personal data, and what was written afterwards', () => {
    const why = new Map(leftOut.map((each) => [each.field, each.why]));
    expect(Object.fromEntries(why)).toEqual({
      'attributes.serialNumber': 'an id',
      'attributes.always': 'always the same',
      'attributes.mail': 'personal data',
      'attributes.told': 'tells the outcome',
      'attributes.slogan': 'no value is frequent enough',
    });
    expect(survey(read, true).factors.map(({ field }) => field)).toContain('attributes.told');
    expect(JSON.stringify(model)).not.toMatch(/@|slogan/);
  });

  it('takes words that say nothing for not known, and values that it has never seen for others', () => {
    const told = (attributes: Attributes) => judge(attributes).contributions.find(({ factor }) => factor === 'Channel');
    const nothings: Attributes[] = [{}, { channel: 'Select' }, { channel: ' UNKNOWN ' }];
    for (const nothing of nothings) {
      expect(told(nothing)?.reason).toBe('Channel is not known');
    }
    const channel = model.fit.factors.find(({ field }) => field === 'attributes.channel');
    expect(Object.keys(channel?.words ?? {}).sort()).toEqual(['advert', 'friends', 'search']);
    // It was learned from a fifth of the leads, and is not what an average lead is.
    expect(channel?.missing).toBeLessThan(0);
    expect(judge({ channel: 'telepathy' }).state).toBe('graded');
    expect(judge({ channel: 'Select' }).missing).toContain('attributes.channel');
  });

  it('judges whatever comes, and its reasons always add up', () => {
    const value = () => fc.oneof(fc.string(), fc.double({ noNaN: true }), fc.integer(), fc.constant('friends'));
    fc.assert(
      fc.property(fc.option(value()), fc.option(value()), (channel, minutes) => {
        const score = judge(channel === null ? {} : { channel }, minutes === null ? {} : { minutes });
        expect(score.contributions.reduce((sum, { points }) => sum + points, 0)).toBe(score.score);
        expect(score.probability).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('stays within what an event can hold, with a hundred columns of a hundred words', () => {
    const wide = examples.map((example, index) => ({
      ...example,
      lead: {
        ...example.lead,
        facts: {
          engagement: {},
          attributes: Object.fromEntries(
            Array.from({ length: 60 }, (_, column) => [
              `column number ${column} with a long name`,
              `value ${(index * (column + 3) + (example.won ? column : 0)) % 40} that is long as well`,
            ]),
          ),
        },
      },
    }));
    const document: LearnedDocument = learn({
      name: 'wide',
      factors: factorsOf(wide, new Map()).factors,
      examples: wide,
    });
    expect(readModel(JSON.stringify(document))).toMatchObject({ ok: true });
    const { contributions } = scoreLead({ ...(wide[0] as Example).lead, missing: [] }, modelOf(document, 1), 0);
    expect(contributions.length).toBeLessThanOrEqual(100);
  });
});

describe('what is read of a table', () => {
  it('knows the words for won and not won, and takes no other for either', () => {
    expect(['Won', 'QUALIFIED', ' yes ', '1', 'True', 'closed  won'].map(wonBy)).toEqual(Array(6).fill(true));
    expect(['lost', 'Loss', 'returned', 'no', '0', 'FALSE', 'n'].map(wonBy)).toEqual(Array(7).fill(false));
    expect([undefined, '', '  '].map(wonBy)).toEqual([undefined, undefined, undefined]);
    expect(['maybe', 'stage 3', '2'].map(wonBy)).toEqual([null, null, null]);
  });

  it('parts bands at the shortest number that does', () => {
    expect([
      shortestBetween(0, 1),
      shortestBetween(9, 12),
      shortestBetween(1_234, 1_310),
      shortestBetween(4.857, 4.962),
      shortestBetween(-47.1, -46.2),
      shortestBetween(0.1, 0.2),
      shortestBetween(-1, 0),
    ]).toEqual([1, 10, 1_300, 4.9, -47, 0.2, 0]);
    const number = () => fc.double({ noNaN: true, min: -1e9, max: 1e9 });
    fc.assert(
      fc.property(number(), number(), (one, other) => {
        fc.pre(one !== other);
        const [below, upTo] = [Math.min(one, other), Math.max(one, other)];
        const cut = shortestBetween(below, upTo);
        expect(cut > below && cut <= upTo).toBe(true);
      }),
    );
  });
});
