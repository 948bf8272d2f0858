import { fillLead, usualNames, withAnswers } from './fill-lead.js';
import { at, externalId, isObject, isoTime, items, moment, reference, type Scalar, text } from './json-value.js';
import { hmacSha256, signedByOneOf } from './signature.js';
import { type Arrival, type ReaderOptions, type SourceFormat, unusable } from './source-format.js';

/** What is signed begins with it, or the signature does. */
const PREFIX = 'hmacsha256=';
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** LinkedIn Lead Sync: ids only; the responses are asked for. `X-LI-Signature` is an HMAC in hex, over a prefix and the body. */
export const linkedin: SourceFormat = {
  verify: ({ headers, body }, { secrets }) => {
    const given = headers['x-li-signature'];
    if (typeof given !== 'string' || !given.startsWith(PREFIX))
      return signedByOneOf(secrets, given, (secret) => hmacSha256(secret, 'hex', PREFIX, body));
    // LinkedIn's sentence about it can be read in two ways; whoever writes the prefix here may not have signed it.
    const signature = given.slice(PREFIX.length);
    const both = [[PREFIX, body], [body]].map((signed) =>
      signedByOneOf(secrets, signature, (secret) => hmacSha256(secret, 'hex', ...signed)),
    );
    return both.includes('verified') ? 'verified' : 'refused';
  },
  challenge: ({ challengeCode }, { secrets: [secret] }) => {
    // Nothing but a UUID: whoever could have any text signed here would have deliveries of their own signed as well.
    if (typeof challengeCode !== 'string' || !UUID.test(challengeCode) || !secret) return undefined;
    const challengeResponse = hmacSha256(secret, 'hex', challengeCode);
    return { contentType: 'application/json', body: JSON.stringify({ challengeCode, challengeResponse }) };
  },
  read: (body) => (Array.isArray(body) ? body : [body]).map(readNotification),
  fetching: {
    batch: 1,
    request: ([id = ''], { baseUrl }, now) => ({
      method: 'GET',
      url: `${baseUrl}/leadFormResponses/${encodeURIComponent(id)}?fields=${FIELDS}`,
      headers: { 'linkedin-version': versionAt(now), 'x-restli-protocol-version': '2.0.0' },
    }),
    read: (answer, options) => {
      const id = reference(at(answer, 'id'));
      return new Map(id === undefined ? [] : [[id, readResponse(id, answer, options)]]);
    },
  },
};

const FIELDS = 'id,leadType,submittedAt,testLead,leadMetadataInfo,formResponse,form:(hiddenFields,name,id,content)';
/** LinkedIn has a version for each month, and keeps each for a year: three months old, it is there and will be for long. */
const VERSION_AGE_MS = 90 * 86_400_000;

export function versionAt(now: number): string {
  return new Date(now - VERSION_AGE_MS).toISOString().slice(0, 7).replace('-', '');
}

function readNotification(body: unknown): Arrival {
  if (!isObject(body)) return unusable('notification', 'type', 'Must be a JSON object.');
  const action = text(body['leadAction']);
  // Only a notification about a lead has an action of a lead.
  const type = text(body['type']) ?? text(body['eventType']) ?? (action === undefined ? undefined : 'LEAD_ACTION');
  if (type === undefined) return unusable('type', 'required', 'What happened is not said.');
  if (type !== 'LEAD_ACTION' || (action !== undefined && action !== 'CREATED'))
    return { kind: 'unknown', type: [type, action].filter(Boolean).join('.'), item: body };
  const id = reference(text(body['leadGenFormResponse'])?.replace(/^urn:li:leadGenFormResponse:/, ''));
  if (id === undefined) return unusable('leadGenFormResponse', 'required', 'The response’s URN.');
  return { kind: 'reference', reference: id, key: JSON.stringify([id, body['occurredAt']]) };
}

function readResponse(id: string, response: unknown, { mapping }: ReaderOptions): Arrival {
  const questions = new Map(
    items(at(response, 'form', 'content', 'questions')).map((question) => [text(at(question, 'questionId')), question]),
  );
  const values = new Map<string, Scalar>();
  const titles = new Map<string, string>();
  for (const answer of items(at(response, 'formResponse', 'answers'))) {
    const question = questions.get(text(at(answer, 'questionId')));
    const value = valueOf(at(answer, 'answerDetails'), question);
    const title = localised(at(question, 'question')) ?? text(at(question, 'label'));
    const name =
      text(at(question, 'predefinedField')) ?? text(at(question, 'name')) ?? text(at(answer, 'name')) ?? title;
    const own = name ?? text(at(answer, 'questionId'));
    if (value === undefined || own === undefined) continue;
    values.set(own, value);
    titles.set(own, title ?? own);
  }
  for (const hidden of items(at(response, 'form', 'hiddenFields'))) {
    const [name, value] = [text(at(hidden, 'name')), text(at(hidden, 'value'))];
    if (name !== undefined && value !== undefined && !values.has(name)) values.set(name, value);
  }
  const campaign = campaignOf(response);
  if (campaign !== undefined && !values.has(CAMPAIGN)) values.set(CAMPAIGN, campaign);
  const known = { ...usualNames(values.keys()), 'attributes.campaign': ['utm_campaign', 'campaign', CAMPAIGN] };
  const filled = fillLead(values, known, mapping);
  if (!filled.ok) return { kind: 'unusable', errors: filled.errors };
  const occurredAt = isoTime(moment(at(response, 'submittedAt')));
  const consent = consentOf(response, occurredAt);
  const lead = {
    externalId: externalId(id),
    ...(occurredAt !== undefined && { occurredAt }),
    ...(consent && { consent }),
    ...withAnswers(
      filled.lead,
      filled.left.filter((name) => name !== CAMPAIGN).map((name) => [titles.get(name) ?? name, values.get(name) ?? '']),
    ),
  };
  return at(response, 'testLead') === true ? { kind: 'test', lead } : { kind: 'lead', lead };
}

/** As a mapping may name it; a hidden field of the form says more, since its author has put it there. */
const CAMPAIGN = 'leadMetadataInfo.campaign';

/** By its name, else by its number: `urn:li:sponsoredCampaign:367378525`. */
function campaignOf(response: unknown): string | undefined {
  const campaign = at(response, 'leadMetadataInfo', 'sponsoredLeadMetadataInfo', 'campaign');
  return (
    text(at(campaign, 'name')) ??
    text(at(campaign, 'id') ?? campaign)
      ?.split(':')
      .at(-1)
  );
}

/** The boxes beneath a form, and what stands beside them. Whoever leaves one of several empty has not agreed to all. */
function consentOf(response: unknown, submittedAt: string | undefined): Record<string, unknown> | undefined {
  const boxes = items(at(response, 'formResponse', 'consentResponses')).filter(
    (box) => typeof at(box, 'accepted') === 'boolean',
  );
  if (boxes.length === 0) return undefined;
  const given = boxes.every((box) => at(box, 'accepted') === true);
  const wordings = new Map(
    items(at(response, 'form', 'content', 'legalInfo', 'consents')).map((each) => [
      text(at(each, 'id') ?? at(each, 'consentId')),
      localised(at(each, 'consent')) ?? text(at(each, 'consent')),
    ]),
  );
  const said = boxes
    .filter((box) => at(box, 'accepted') === given)
    .flatMap((box) => wordings.get(text(at(box, 'consentId'))) ?? [])
    .join(' ');
  return { given, ...(submittedAt !== undefined && { at: submittedAt }), ...(said !== '' && { text: said }) };
}

function valueOf(details: unknown, question: unknown): string | undefined {
  const written = text(at(details, 'textQuestionAnswer', 'answer'));
  if (written !== undefined) return written;
  const options = new Map(
    items(at(question, 'questionDetails', 'multipleChoiceQuestionDetails', 'options')).map((option) => [
      text(at(option, 'id')),
      localised(at(option, 'text')) ?? text(at(option, 'text')),
    ]),
  );
  const chosen = items(at(details, 'multipleChoiceAnswer', 'options')).flatMap(
    (option) => options.get(text(option)) ?? text(option) ?? [],
  );
  return chosen.length > 0 ? chosen.join(', ') : undefined;
}

/** `{ localized: { en_US: "…" } }`: in whichever language there is. */
function localised(value: unknown): string | undefined {
  const texts = at(value, 'localized');
  return isObject(texts) ? Object.values(texts).map(text).find(Boolean) : undefined;
}
