import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/**
 * Where downloads that every checkout can share are kept: the user's cache folder, as Maven and npm do, so that a second
 * clone, or a clone made anew, need not fetch 45 MB again. Everything in it can be deleted at any time.
 */
export function cacheFolder() {
  const { FAIRLEAD_CACHE_DIR, XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (FAIRLEAD_CACHE_DIR) return resolve(FAIRLEAD_CACHE_DIR);
  if (XDG_CACHE_HOME) return join(XDG_CACHE_HOME, 'fairlead');
  if (process.platform === 'win32' && LOCALAPPDATA) return join(LOCALAPPDATA, 'fairlead', 'cache');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'fairlead');
  return join(homedir(), '.cache', 'fairlead');
}
