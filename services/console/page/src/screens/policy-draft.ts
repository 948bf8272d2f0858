/** What somebody writes, and the text that it was begun from. */
export interface Draft {
  readonly text: string;
  readonly begunFrom: string;
}

export function isUnsaved({ text, begunFrom }: Draft): boolean {
  return text !== begunFrom;
}

/**
 * The draft, once the server says that the policy reads `saved`. What was typed stays: a colleague may have saved another version meanwhile,
 * and the page asks again by itself whenever one comes back to it.
 */
export function withSaved(draft: Draft, saved: string): Draft {
  return isUnsaved(draft) && draft.text !== saved ? draft : { text: saved, begunFrom: saved };
}
