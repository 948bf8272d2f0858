/** What is wrong with one field. Never holds a value: it may be personal data, and this travels into logs. */
export interface FieldError {
  /** Ours, dotted: `email`, `attributes.segment`. An unknown field or column is named as it was sent, cut short. */
  readonly field: string;
  /** Machine-readable: `unknown-field`, `too-long`. */
  readonly rule: string;
  /** For people. */
  readonly detail: string;
}

/** A name that a stranger chose, made fit to be shown. */
export function shownName(name: string): string {
  const shown = name.toWellFormed().replace(/\p{C}/gu, '�');
  return shown.length > 64 ? `${shown.slice(0, 63).toWellFormed()}…` : shown;
}
