import type { FieldError } from './field-error.js';
import { LeadInput } from './lead-input.js';
import { cleanLine, cleanParagraphs, hasHiddenCharacters, isLongerThan, trimBlanks } from './text.js';

type TextField = {
  [F in keyof LeadInput]-?: Exclude<LeadInput[F], null | undefined> extends string ? F : never;
}[keyof LeadInput];

/** One lead being read: what was said, and all that is wrong with it. */
export class Reading {
  readonly errors: FieldError[] = [];

  constructor(readonly input: LeadInput) {}

  wrong(field: string, rule: string, detail: string): undefined {
    this.errors.push({ field, rule, detail });
    return undefined;
  }

  /** Text for people, on one line. */
  line(field: TextField): string | undefined {
    return this.short(field, cleanLine(this.said(field)), longest(field));
  }

  /** Text for people, of several lines. */
  paragraphs(field: TextField): string | undefined {
    return this.short(field, cleanParagraphs(this.said(field)), longest(field));
  }

  /** A clean text may be longer than what was sent: some characters are composed of more of them than they are written with. */
  short(field: string, text: string, maxLength: number): string | undefined {
    if (isLongerThan(text, maxLength)) return this.wrong(field, 'too-long', `At most ${maxLength} characters.`);
    return orNothing(text);
  }

  /** An id, taken as it is. */
  identifier(field: TextField): string | undefined {
    const id = trimBlanks(this.said(field));
    if (hasHiddenCharacters(id)) return this.wrong(field, 'characters', `${field} must not hold control characters.`);
    return orNothing(id);
  }

  /** What `read` makes of the field; nothing said is no error, something that it cannot read is. */
  understood<T>(field: TextField, read: (text: string) => T | undefined, rule: string, detail: string): T | undefined {
    const text = this.said(field);
    if (text.trim() === '') return undefined;
    return read(text) ?? this.wrong(field, rule, detail);
  }

  private said(field: TextField): string {
    return this.input[field] ?? '';
  }
}

function longest(field: TextField): number {
  return LeadInput.properties[field]['maxLength'] as number;
}

function orNothing(text: string): string | undefined {
  return text === '' ? undefined : text;
}
