/** A command cannot go on, for a reason that its user can read and act on: one plain sentence, no stack trace. */
export class CommandFailed extends Error {
  override readonly name: string = 'CommandFailed';

  /** @param details  the same for machines, which `--json` prints beside the message: where it is, and what is wrong there */
  constructor(
    message: string,
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
  }
}
