/**
 * Something that a person can put right: the message is one sentence that says what is the matter, and one that says
 * what to do. Callers print the message alone; a stack trace would bury it.
 */
export class PlainProblem extends Error {
  /** @override */
  name = 'PlainProblem';

  /** The message on one line, whatever a tool put into it. */
  get sentence() {
    return this.message.replace(/\s+/g, ' ').trim();
  }
}
