import { type Api, Refused } from '../api/client.js';

/**
 * Makes sure that the source is there: whoever may import for every source need not define one before the first file.
 * @throws Refused when it is not there and the key may not make it
 */
export async function findOrMakeSource(api: Api, id: string, format: string): Promise<{ isNew: boolean }> {
  const path = `/v1/sources/${encodeURIComponent(id)}`;
  try {
    await api.call({ method: 'GET', path });
    return { isNew: false };
  } catch (error) {
    if (!(error instanceof Refused && error.status === 404)) throw error;
  }
  await api.call({ method: 'PUT', path, body: { type: 'application/json', text: JSON.stringify({ format }) } });
  return { isNew: true };
}
