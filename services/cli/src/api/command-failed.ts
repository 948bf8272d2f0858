/** A command cannot go on, for a reason that its user can read and act on: one plain sentence, no stack trace. */
export class CommandFailed extends Error {
  override readonly name: string = 'CommandFailed';
}
