import { fillLead, usualNames, withAnswers } from './fill-lead.js';
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

  const { values, questions } = answersOf(response);
  const filled = fillLead(values, usualNames(values.keys()), options.mapping);
  if (!filled.ok) return { kind: 'unusable', errors: filled.errors, ...key };
  const { lead, left } = filled;
  // Under each of its names an answer is the same: what one of them has filled is not said again.
  const taken = new Set([...values.keys()].filter((name) => !left.includes(name)).map((name) => questions.get(name)));
  const others = [...new Set(left.map((name) => questions.get(name)))].filter((each) => each && !taken.has(each));
  return {
    kind: 'lead',
    ...key,
    lead: {
      ...withAnswers(
        lead,
        others.map((each) => [each?.title ?? '', each?.answer ?? '']),
      ),
      ...ofResponse(response),
      ...(lead['externalId'] != null && { externalId: lead['externalId'] }),
    },
  };
}

function ofResponse(response: unknown): Record<string, unknown> {
  const externalId = text(at(response, 'token'));
  const occurredAt = isoTime(moment(at(response, 'submitted_at')));
  return { ...(externalId !== undefined && { externalId }), ...(occurredAt !== undefined && { occurredAt }) };
}

interface Question {
  readonly title: string;
  readonly answer: Scalar;
}

/** Each answer under all names that a form's author may know it by: its ref, its title, its id; and the hidden fields. */
function answersOf(response: unknown): {
  values: ReadonlyMap<string, Scalar>;
  questions: ReadonlyMap<string, Question>;
} {
  const values = new Map<string, Scalar>();
  const questions = new Map<string, Question>();
  const titles = new Map(
    items(at(response, 'definition', 'fields')).map((field) => [text(at(field, 'id')), text(at(field, 'title'))]),
  );
  for (const answer of items(at(response, 'answers'))) {
    const value = valueOf(answer);
    if (value === undefined) continue;
    const field = at(answer, 'field');
    const title = titles.get(text(at(field, 'id'))) ?? text(at(field, 'title'));
    // Typeform knows these two for what they are, however the question is put.
    const kind = ['email', 'phone_number'].find((each) => each === at(answer, 'type'));
    const names = [text(at(field, 'ref')), title, text(at(field, 'id')), kind].filter((name) => name !== undefined);
    const question = { title: title ?? names[0] ?? '', answer: value };
    for (const name of names) {
      if (values.has(name)) continue;
      values.set(name, value);
      questions.set(name, question);
    }
  }
  for (const [name, value] of flatten(at(response, 'hidden'))) if (!values.has(name)) values.set(name, value);
  return { values, questions };
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
