// Makes ../static/verify.html: one file with script and style in it, which `fairlead export` puts beside the log. Its policy lets run
// exactly what is in it, by their hashes, and lets nothing out.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { build } from 'vite';
import config from './vite.config.ts';

const { output } = [
  await build({
    ...config,
    configFile: false,
    logLevel: 'warn',
    plugins: [],
    build: {
      write: false,
      target: config.build.target,
      lib: { entry: 'src/verify/standalone.ts', formats: ['iife'], name: 'verifyLog' },
    },
  }),
].flat()[0];
// What would end the element early, wherever it stood in a string.
const script = output[0].code.trim().replaceAll('</script', '<\\/script');
const style = readFileSync('src/verify/standalone.css', 'utf8').replaceAll(/\s+/g, ' ').trim();
const hashOf = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
const policy = `default-src 'none'; script-src ${hashOf(script)}; style-src ${hashOf(style)}; base-uri 'none'; form-action 'none'`;
// A hash is of everything in the element: with the white space that the template has there, nothing would run.
const page = readFileSync('verify.html', 'utf8')
  .replace('%POLICY%', () => policy)
  .replace(/\s*%STYLE%\s*/, () => style)
  .replace(/\s*%SCRIPT%\s*/, () => script);
writeFileSync('../static/verify.html', page);
console.log(`verify.html: ${(page.length / 1024).toFixed(0)} kB`);
