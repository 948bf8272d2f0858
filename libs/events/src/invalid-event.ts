/**
 * What cannot be an event, on the way out or in. It would fail the same way every time, so it is never worth a retry.
 * `detail` names places and rules, never values: they may be personal data, and errors end up in logs.
 */
export class InvalidEvent extends Error {
  override readonly name = 'InvalidEvent';

  constructor(
    readonly why: 'not-json' | 'not-an-event' | 'unknown-type' | 'unsupported-version' | 'invalid-data' | 'too-large',
    readonly detail: string,
  ) {
    super(`${why}: ${detail}`);
  }
}
