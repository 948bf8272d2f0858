import { askedNames, fillLead, type Filled, type KnownNames, usualNames, withAnswers } from './fill-lead.js';
import { at, flatten, isObject, isoTime, isScalar, items, moment, type Scalar, text } from './json-value.js';
import { hmacSha256, signedByOneOf } from './signature.js';
import { type Arrival, type ReaderOptions, type SourceFormat, unusable } from './source-format.js';

/** Typeform: one response of a form. `Typeform-Signature: sha256=` and the HMAC in base64, over the body. */
export const typeform: SourceFormat = {
  verify: ({ headers, body }, { secrets }) =>
    signedByOneOf(secrets, headers['typeform-signature'], (secret) => `sha256=${hmacSha256(secret, 'base64', body)}`),
  read: (body, _, options) => [readResponse(body, options)],
};

function readResponse(body: unknown, options: ReaderOptions): Arrival {
  const type = text(at(body, 'event_type'));
  const id = text(at(body, 'event_id'));
  const key = id === undefined ? {} : { key: id };
  if (type === undefined) return unusable('event_type', 'required', 'What happened is not said.');
  if (type !== 'form_response') return { kind: 'unknown', type, item: body, ...key };
  const response = at(body, 'form_response');
  if (!isObject(response)) return unusable('form_response', 'type', 'Must be an object.');

  const understood = understand(response, options.mapping);
  if (!understood.ok) return { kind: 'unusable', errors: understood.errors, ...key };
  const { lead, others } = understood;
  const whole = {
    ...withAnswers(
      lead,
      others.map(({ title, answer }) => [title, answer]),
    ),
    ...ofResponse(response),
    ...(lead['externalId'] != null && { externalId: lead['externalId'] }),
  };
  return { kind: isTest(id, response) ? 'test' : 'lead', ...key, lead: whole };
}

type Understood =
  | { readonly ok: true; readonly lead: Record<string, unknown>; readonly others: readonly Question[] }
  | Extract<Filled, { ok: false }>;

function understand(response: unknown, mapping: ReaderOptions['mapping']): Understood {
  const answers = answersOf(response);
  const asked = fillFrom(answers, askedNames(answers.values.keys()), mapping);
  // Where nobody can be reached it is a survey, and “What’s your name?” a question like its others.
  const isContact = asked.ok && (asked.lead['email'] ?? asked.lead['phone']) != null;
  return isContact ? asked : fillFrom(answers, usualNames(answers.values.keys()), mapping);
}

function fillFrom({ values, questions }: Answers, names: KnownNames, mapping: ReaderOptions['mapping']): Understood {
  const filled = fillLead(values, { ...names, 'attributes.campaign': ['utm_campaign'] }, mapping);
  if (!filled.ok) return filled;
  const { lead, left } = filled;
  // Under each of its names an answer is the same: what one of them has filled is not said again.
  const taken = new Set([...values.keys()].filter((name) => !left.includes(name)).map((name) => questions.get(name)));
  const others = [...new Set(left.flatMap((name) => questions.get(name) ?? []))].filter((each) => !taken.has(each));
  return { ok: true, ...withLoneAddress(lead, others) };
}

const ADDRESS = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

/** Whoever asks for an address by a question of any sort has it as a text. Of two, nobody knows which one is the person’s. */
function withLoneAddress(lead: Record<string, unknown>, others: readonly Question[]) {
  const addresses = others.filter(({ isText, answer }) => isText && ADDRESS.test(String(answer).trim()));
  const [lone] = addresses;
  if (lead['email'] != null || lone === undefined || addresses.length > 1) return { lead, others };
  return { lead: { ...lead, email: String(lone.answer).trim() }, others: others.filter((each) => each !== lone) };
}

/**
 * “Send test request” sends no word for it, only what no person answers: every text is filled in by Typeform, in no time, and the
 * response has the event's id. Whatever somebody may have written makes a lead of it.
 */
function isTest(eventId: string | undefined, response: unknown): boolean {
  const [landed, submitted] = [text(at(response, 'landed_at')), text(at(response, 'submitted_at'))];
  return (
    eventId !== undefined &&
    eventId === text(at(response, 'token')) &&
    landed !== undefined &&
    landed === submitted &&
    items(at(response, 'answers')).every((answer) => {
      const [email, words] = [text(at(answer, 'email')), text(at(answer, 'text'))];
      return (email === undefined || email === 'an_account@example.com') && (words?.startsWith('Lorem ipsum') ?? true);
    })
  );
}

function ofResponse(response: unknown): Record<string, unknown> {
  const externalId = text(at(response, 'token'));
  const occurredAt = isoTime(moment(at(response, 'submitted_at')));
  return { ...(externalId !== undefined && { externalId }), ...(occurredAt !== undefined && { occurredAt }) };
}

interface Question {
  readonly title: string;
  readonly answer: Scalar;
  /** Somebody wrote it in words of their own. */
  readonly isText: boolean;
}

interface Answers {
  readonly values: ReadonlyMap<string, Scalar>;
  readonly questions: ReadonlyMap<string, Question>;
}

/** Each answer under all names that a form's author may know it by: its ref, its title, its id; and the hidden fields. */
function answersOf(response: unknown): Answers {
  const values = new Map<string, Scalar>();
  const questions = new Map<string, Question>();
  const fields = new Map(
    allFields(at(response, 'definition', 'fields')).map((field) => [text(at(field, 'id')), field]),
  );
  for (const answer of items(at(response, 'answers'))) {
    const value = valueOf(answer);
    if (value === undefined) continue;
    const field = at(answer, 'field');
    const defined = fields.get(text(at(field, 'id')));
    const title = text(at(defined, 'title')) ?? text(at(field, 'title'));
    // Typeform knows these two for what they are, however the question is put; and the parts of its question for a contact.
    const kind = ['email', 'phone_number'].find((each) => each === at(answer, 'type'));
    const part = text(at(defined, 'subfield_key'));
    const names = [text(at(field, 'ref')), title, part, text(at(field, 'id')), kind].filter(
      (name) => name !== undefined,
    );
    const question = { title: title ?? names[0] ?? '', answer: value, isText: at(answer, 'type') === 'text' };
    for (const name of names) {
      if (values.has(name)) continue;
      values.set(name, value);
      questions.set(name, question);
    }
  }
  for (const [title, value] of flatten(at(response, 'hidden'))) {
    const name = values.has(title) ? `hidden.${title}` : title;
    values.set(name, value);
    questions.set(name, { title, answer: value, isText: false });
  }
  return { values, questions };
}

/** Groups within groups; Typeform allows fewer. */
const MAX_DEPTH = 4;

/** A group of questions, or one for a contact, has questions of its own. */
function allFields(fields: unknown, depth = 0): unknown[] {
  if (depth >= MAX_DEPTH) return [];
  return items(fields).flatMap((field) => [field, ...allFields(at(field, 'properties', 'fields'), depth + 1)]);
}

/** The answer stands under the name of its own type. */
function valueOf(answer: unknown): Scalar | undefined {
  const type = text(at(answer, 'type')) ?? '';
  const value = at(answer, type);
  if (isScalar(value)) return value;
  const labels = [at(value, 'label'), ...items(at(value, 'labels')), at(value, 'other')].flatMap(
    (each) => text(each) ?? [],
  );
  return labels.length > 0 ? labels.join(', ') : undefined;
}
