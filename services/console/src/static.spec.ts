import { readFileSync } from 'node:fs';
import { sourceHash } from '../page/source-hash.mjs';

describe('the page that is served', () => {
  it('is built from the sources that are here: if not, run "npm run check" in services/console/page', () => {
    expect(readFileSync(new URL('../static/built-from', import.meta.url), 'utf8').trim()).toBe(sourceHash());
  });

  it('names in its files no address that it would ask anything of', () => {
    const page = readFileSync(new URL('../static/index.html', import.meta.url), 'utf8');
    expect(page.match(/https?:\/\/[^"'\s]+/g)).toBeNull();
  });
});
