import { api, ApiProblem, dataOf, type Schemas } from '../api/client.js';
import type { Decided } from './decide.worker.js';

/** A preview, and who made it: this browser, by these functions, or the server. */
export interface Tried {
  readonly preview: Schemas['PreviewView'];
  readonly engines: { readonly here: string; readonly server: string } | null;
}

/** As many as the server answers with at once. */
const LEADS = 1_000;

/** Made in this browser; where there is more to it than a browser should be sent, by the server. */
export async function tryPolicy(name: string, version: number): Promise<Tried> {
  try {
    const { data } = await api.GET('/v1/policies/{name}/preview/material', {
      params: { path: { name }, query: { version, leads: LEADS } },
      parseAs: 'text',
    });
    const { preview, proposed, inForce, engines } = await decidedHere(String(data));
    return { preview: { ...preview, counts: [...preview.counts], proposed, inForce }, engines };
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 422) return tryAtServer(name, version);
    throw error;
  }
}

export async function tryAtServer(name: string, version: number): Promise<Tried> {
  const asked = { params: { path: { name } }, body: { version, leads: LEADS } };
  return { preview: await dataOf(api.POST('/v1/policies/{name}/preview', asked)), engines: null };
}

/** The worker, and all that decides, is loaded now and not before, and ends with its answer. */
async function decidedHere(material: string): Promise<Exclude<Decided, { error: string }>> {
  const worker = new Worker(new URL('./decide.worker.ts', import.meta.url), { type: 'module' });
  try {
    const decided = await new Promise<Decided>((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<Decided>) => resolve(data);
      worker.onerror = () => reject(new Error('The part of this page that decides could not be loaded.'));
      worker.postMessage(material);
    });
    if ('error' in decided) throw new Error(decided.error);
    return decided;
  } finally {
    worker.terminate();
  }
}
