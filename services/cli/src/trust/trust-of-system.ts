import type { TrustAnswer } from '@fairlead/outcome-tracking/trust';
import { Api } from '../api/client.js';
import { apiSettings } from '../api/settings.js';
import { type Asked, type Figures, poolsApart } from './trust-book.js';

/**
 * The figures of trust of the running system, as far as the key may see them.
 * @param asked  what `GET /v1/trust` is asked for, by name
 * @param byPool  whether each pool is told of by itself as well
 * @throws CommandFailed
 */
export async function trustOfSystem(asked: Asked, { byPool }: { readonly byPool: boolean }): Promise<Figures> {
  const api = new Api(apiSettings(process.env));
  const answerTo = (of: Asked): Promise<TrustAnswer> =>
    api.call({ method: 'GET', path: `/v1/trust?${new URLSearchParams(of).toString()}` });
  try {
    const whole = await answerTo(asked);
    const pools: TrustAnswer[] = [];
    // At the same age, at least; where in the log each stands, it says itself.
    for (const pool of byPool ? poolsApart(whole) : [])
      pools.push(await answerTo({ ...asked, pool, asOf: whole.asOf.at }));
    return { whole, pools };
  } finally {
    await api.close();
  }
}
