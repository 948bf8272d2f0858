import { type FieldError, LeadInput, type Normalisation, shownName } from '@fairlead/decisions';
import { fitting, isCuttable } from './fill-lead.js';
import { isObject, text } from './json-value.js';

// Nobody stands at the other end of a webhook to correct a field: a lead with a good address and a bad phone number would be
// lost for good. So what cannot be understood is left out of it, what is too long is cut, and both are said. The rule: nothing
// goes that is not named.

/** What a lead can do without. */
const dispensable: ReadonlySet<string> = new Set([
  ...['email', 'phone', 'domain', 'country', 'region', 'employees', 'revenue', 'occurredAt'],
  ...['consent', 'consent.at', 'consent.text'],
]);

/** A person may still make something of these; they are kept in the message, sealed as they would have been, as far as this. */
const legible: Readonly<Record<string, { readonly label: string; readonly longest: number }>> = {
  email: { label: 'E-mail', longest: 320 },
  phone: { label: 'Phone', longest: 50 },
  consent: { label: 'Consent', longest: 1_000 },
};

export type Mended =
  | { readonly ok: true; readonly lead: Record<string, unknown>; readonly leftOut: readonly FieldError[] }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

/** First what has the wrong shape shows, then what cannot be understood, then that a national number is none without its country. */
const MAX_ROUNDS = 5;

/**
 * The lead without what cannot be understood of it, as far as the rest is a lead.
 * @param read  understands it, or says what is wrong
 */
export function mendLead(sent: Record<string, unknown>, read: (lead: unknown) => Normalisation): Mended {
  let lead = sent;
  const leftOut: FieldError[] = [];
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const said = read(lead);
    if (said.ok) {
      // Whoever cannot be reached by an address that was typed wrongly has to be reached otherwise.
      const isReachable = said.lead.reachable.phone || !leftOut.some(({ field }) => field === 'email');
      return isReachable ? { ok: true, lead, leftOut } : { ok: false, errors: leftOut };
    }
    // That there is nothing left by which to know somebody is the consequence, and not what was wrong.
    const errors = said.errors.filter(
      ({ field, rule }) => leftOut.length === 0 || field !== 'email' || rule !== 'required',
    );
    if (errors.length === 0 || !errors.every((error) => canDoWithout(error)))
      return { ok: false, errors: [...leftOut, ...errors] };
    leftOut.push(...errors);
    lead = without(lead, errors, leftOut);
  }
  return { ok: false, errors: leftOut };
}

function canDoWithout({ field, rule }: FieldError): boolean {
  return dispensable.has(field) || isFree(field) || isCut({ field, rule });
}

function isFree(field: string): boolean {
  return /^(?:attributes|engagement)\../su.test(field);
}

function isCut({ field, rule }: Pick<FieldError, 'field' | 'rule'>): boolean {
  return rule === 'too-long' && isCuttable(field);
}

function without(
  sent: Record<string, unknown>,
  errors: readonly FieldError[],
  leftOut: FieldError[],
): Record<string, unknown> {
  const lead = { ...sent };
  const lines: string[] = [];
  for (const { field, rule } of errors) {
    const { label, longest } = legible[field] ?? {};
    const written = text(lead[field]);
    if (label !== undefined && written !== undefined)
      lines.push(`${label}: ${written.slice(0, longest).toWellFormed()}`);
    change(lead, field, (value) =>
      isCut({ field, rule }) && typeof value === 'string' ? fitting(field, value.normalize('NFC')) : undefined,
    );
  }
  return lines.length === 0 ? lead : withLines(lead, lines, leftOut);
}

/** @param become  what it is from now on; undefined: it is not there any more */
function change(lead: Record<string, unknown>, field: string, become: (value: unknown) => unknown): void {
  const [group = ''] = field.split('.', 1);
  const inside = lead[group];
  if (field === group) put(lead, field, become(inside));
  else if (isObject(inside)) {
    const copy: Record<string, unknown> = { ...inside };
    // Errors have names as they are shown.
    for (const [name, value] of Object.entries(inside))
      if (`${group}.${shownName(name)}` === field) put(copy, name, become(value));
    lead[group] = copy;
  }
}

function put(values: Record<string, unknown>, name: string, value: unknown): void {
  if (value === undefined) delete values[name];
  else values[name] = value;
}

const MAX_MESSAGE = LeadInput.properties.message['maxLength'] as number;

/** Below what the lead says itself, which has to make room for it. */
function withLines(lead: Record<string, unknown>, lines: readonly string[], leftOut: FieldError[]) {
  const added = lines.join('\n');
  const message = typeof lead['message'] === 'string' ? lead['message'].trim() : '';
  const room = MAX_MESSAGE - added.length - 1;
  if (message.length > room && !leftOut.some(({ field }) => field === 'message'))
    leftOut.push({
      field: 'message',
      rule: 'too-long',
      detail: `At most ${MAX_MESSAGE} characters, with what was left out.`,
    });
  return { ...lead, message: message === '' ? added : `${message.slice(0, room).toWellFormed()}\n${added}` };
}
