import { createHash } from 'node:crypto';
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

  // White space that a formatter had put around them was not in the hashes: the page that goes with every export did nothing at all, in any
  // browser, and no test had opened one.
  it.each(['script', 'style'])('lets run in verify.html the %s that is in it', (element) => {
    const page = readFileSync(new URL('../static/verify.html', import.meta.url), 'utf8');
    const policy = /Content-Security-Policy" content="([^"]+)"/.exec(page)?.[1];
    const text = page.slice(page.indexOf(`<${element}>`) + element.length + 2, page.lastIndexOf(`</${element}>`));
    const hash = createHash('sha256').update(text).digest('base64');
    expect(policy).toContain(`${element}-src 'sha256-${hash}'`);
  });
});
