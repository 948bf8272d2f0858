import { type Amount, type Grade, type Reason, reasons } from '@fairlead/events';
import { wrongWithAmount } from '../normalise/currency.js';
import type { FieldError } from '../normalise/field-error.js';
import { readMoment } from '../normalise/moment.js';
import { FUTURE_TOLERANCE_MS, normaliseLead } from '../normalise/normalise-lead.js';
import { shapeOf } from '../normalise/shape.js';
import { cleanLine } from '../normalise/text.js';
import type { ToldDeal } from './deal.js';
import { contactFields, DealInput, dealOutcomes } from './deal-input.js';
import { partyOfDeal } from './party-of-deal.js';

export type DealReading =
  { readonly ok: true; readonly told: ToldDeal } | { readonly ok: false; readonly errors: readonly FieldError[] };

export interface DealReadingOptions {
  /** The source that the request stands for; a deal may name it too, but no other. */
  readonly sourceId: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

const grades: readonly Grade[] = ['A', 'B', 'C', 'D'];
/** As JSON writes numbers: what a spreadsheet shows, 12.500,00, is not guessed at. */
const AMOUNT = /^\d{1,15}(?:\.\d{1,6})?$/;
/** Above any deal, and far below where a double loses whole cents. */
const MOST_AMOUNT = 1_000_000_000_000;

const checkDeal = shapeOf<DealInput>(DealInput, 'deal');

/** Understands a deal as it was sent, or says everything that is wrong with it, without any values. */
export function readDeal(raw: unknown, { sourceId, now }: DealReadingOptions): DealReading {
  const contact = contactIn(raw);
  const shape = checkDeal(contact.rest);
  if (!shape.ok) return { ok: false, errors: [...contact.errors, ...shape.errors] };
  const said = new Said(shape.input, now);
  said.errors.push(...contact.errors);
  const facts = readFacts(said, sourceId, now);
  const party = readParty(said);
  const outcome = said.oneOf('outcome', dealOutcomes);
  const outcomeAt = said.moment('outcomeAt');
  if (outcome !== undefined && outcome !== 'open' && said.text('outcomeAt') === '')
    said.wrong(
      'outcomeAt',
      'required',
      'When the outcome was reached must be said; a mapping’s constants may say it for all.',
    );
  const told = {
    ...facts,
    party,
    ...{ grade: said.oneOf('grade', grades), outcome, outcomeAt },
    ...{ contactedAt: said.moment('contactedAt'), qualifiedAt: said.moment('qualifiedAt') },
    ...{ reason: said.oneOf<Reason>('reason', reasons), amount: readAmount(said) },
  };
  if (said.errors.length > 0) return { ok: false, errors: said.errors };
  return {
    ok: true,
    told: Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined)) as never,
  };
}

/** One deal being read. Absent, null and the empty text mean the same thing: nothing was said. */
class Said {
  readonly errors: FieldError[] = [];

  constructor(
    readonly input: DealInput,
    private readonly now: number,
  ) {}

  text(field: Exclude<keyof DealInput, 'amount' | 'employees' | 'revenue' | 'engagement' | 'attributes'>): string {
    return cleanLine(this.input[field] ?? '');
  }

  wrong(field: string, rule: string, detail: string): undefined {
    this.errors.push({ field, rule, detail });
    return undefined;
  }

  oneOf<Word extends string>(field: 'grade' | 'outcome' | 'reason', words: readonly Word[]): Word | undefined {
    const text = this.text(field);
    if (text === '') return undefined;
    const found = words.find((word) => word === text);
    if (found !== undefined) return found;
    const hint = `a mapping’s values.${field} says which of them each word means`;
    return this.wrong(field, field, `Must be one of ${words.join(', ')}; ${hint}.`);
  }

  moment(field: 'outcomeAt' | 'contactedAt' | 'qualifiedAt'): number | undefined {
    const text = this.text(field);
    if (text === '') return undefined;
    const at = readMoment(text);
    if (at === undefined)
      return this.wrong(field, 'moment', 'Must be an RFC 3339 time, or a date as YYYY-MM-DD, not before 1970.');
    return at > this.now + FUTURE_TOLERANCE_MS ? this.wrong(field, 'future', 'Must not be in the future.') : at;
  }
}

function contactIn(raw: unknown): { readonly rest: unknown; readonly errors: FieldError[] } {
  if (raw === null || typeof raw !== 'object' || Array.isArray(raw)) return { rest: raw, errors: [] };
  const rest: Record<string, unknown> = { ...raw };
  const errors: FieldError[] = [];
  for (const field of contactFields) {
    const value = rest[field];
    delete rest[field];
    if (value == null || value === '') continue;
    errors.push({ field, rule: 'contact-data', detail: 'Contact data are not taken from a history: leave it out.' });
  }
  return { rest, errors };
}

/** What a deal says as any lead does, and in the same form. */
function readFacts(said: Said, sourceId: string, now: number) {
  const { channel, owner, grade, outcome, outcomeAt, contactedAt, qualifiedAt, reason, amount, currency, ...lead } =
    said.input;
  const isNamed = (lead.externalId ?? '').trim() !== '';
  if (!isNamed)
    said.wrong(
      'externalId',
      'required',
      'The source’s own id of the deal: without it the same deal would count twice.',
    );
  const read = normaliseLead(isNamed ? lead : { ...lead, externalId: '-' }, { sourceId, now });
  if (!read.ok) {
    said.errors.push(...read.errors);
    return undefined;
  }
  const { externalId = '', facts, occurredAt } = read.lead;
  return { sourceId, externalId, facts, ...(said.text('occurredAt') !== '' && { occurredAt }) };
}

function readParty(said: Said): string | undefined {
  const [channel, owner] = [said.text('channel'), said.text('owner')];
  if (channel === '') {
    if (owner !== '')
      said.wrong(
        'channel',
        'required',
        'Whose deal it was must be said where an owner is: direct, channel, or a partner’s id.',
      );
    return undefined;
  }
  const read = partyOfDeal(channel, owner);
  return 'party' in read ? read.party : said.wrong(read.wrong, read.rule, read.detail);
}

function readAmount(said: Said): Amount | undefined {
  const { amount: written } = said.input;
  const text = typeof written === 'string' ? written.trim() : (written ?? '');
  // The same in every row, it goes with those that have an amount.
  if (text === '') return undefined;
  const value = typeof text === 'number' ? text : AMOUNT.test(text) ? Number(text) : NaN;
  if (!(value >= 0 && value <= MOST_AMOUNT))
    return said.wrong(
      'amount',
      'amount',
      'Must be a number such as 12500.50, not negative, and at most a million million.',
    );
  const currency = said.text('currency');
  if (currency === '')
    return said.wrong('currency', 'required', 'Must be said with an amount; a mapping’s constants may say it for all.');
  const wrong = wrongWithAmount({ value, currency });
  if (!wrong) return { value, currency };
  const field = wrong.field === 'value' ? 'amount' : wrong.field;
  return said.wrong(field, field, field === 'currency' ? `It ${wrong.detail}.` : `${wrong.detail}.`);
}
