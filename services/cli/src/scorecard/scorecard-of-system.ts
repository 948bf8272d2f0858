import { Api } from '../api/client.js';
import { apiSettings } from '../api/settings.js';
import type { Asked } from '../trust/trust-book.js';
import type { Scorecard } from './scorecard-in-words.js';

/**
 * A scorecard of the running system, as far as the key may see it.
 * @param asked  what the API is asked for, by name
 * @throws CommandFailed
 */
export async function scorecardOfSystem(partner: string, asked: Asked): Promise<Scorecard> {
  const api = new Api(apiSettings(process.env));
  const query = new URLSearchParams(asked).toString();
  const path = `/v1/partners/${encodeURIComponent(partner)}/scorecard${query === '' ? '' : `?${query}`}`;
  try {
    return await api.call<Scorecard>({ method: 'GET', path });
  } finally {
    await api.close();
  }
}
