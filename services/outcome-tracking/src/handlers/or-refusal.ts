import { ReadRefused } from '@fairlead/messaging';
import { Problem } from '@fairlead/platform';

const RETRY_AFTER_SECONDS = 2;
const details = {
  'too-slow': 'To answer this takes longer than a list may take. Narrow it down by another filter or a shorter time.',
  'too-many': 'Too many lists and reports are being asked for at once.',
};

/** What `read` answers. @throws Problem 503 where it was refused, which keeps nobody from anything else */
export async function orRefusal<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof ReadRefused)) throw error;
    const title = 'Too much to read';
    throw new Problem(503, {
      type: error.why,
      title,
      detail: details[error.why],
      retryAfterSeconds: RETRY_AFTER_SECONDS,
    });
  }
}
