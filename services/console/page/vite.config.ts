import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** Where `npm run dev` finds a running product. */
const target = process.env['FAIRLEAD_URL'] ?? 'http://127.0.0.1:8080';

/** @param path  within libs/ */
function ours(path: string): string {
  return fileURLToPath(new URL(`../../../libs/${path}`, import.meta.url));
}

/** What asks first of all is a file of its own, which waits for no other, and stands before them. */
const beginsFirst: Plugin = {
  name: 'begins-first',
  transformIndexHtml: {
    order: 'post',
    handler: (_, { bundle }) => {
      const built = Object.values(bundle ?? {}).find((file) => file.type === 'chunk' && file.name === 'begin');
      const src = `/console/${built?.fileName ?? 'src/begin.ts'}`;
      return [
        { tag: 'script', attrs: { type: 'module', async: true, crossorigin: true, src }, injectTo: 'head-prepend' },
      ];
    },
  },
};

export default defineConfig({
  base: '/console/',
  plugins: [react(), beginsFirst],
  // Our own libraries from their sources: what the page says and verifies is said and verified by the code that runs live.
  resolve: {
    alias: {
      '@fairlead/decisions/preview': ours('decisions/src/preview.ts'),
      '@fairlead/events/tell': ours('events/src/tell-event.ts'),
      '@fairlead/events': fileURLToPath(new URL('src/preview/events.ts', import.meta.url)),
      '@fairlead/transparency-log/verify': ours('transparency-log/src/verify.ts'),
      'node:crypto': fileURLToPath(new URL('src/verify/node-crypto.ts', import.meta.url)),
    },
  },
  worker: { format: 'es' },
  build: {
    outDir: '../static',
    emptyOutDir: true,
    // The browsers that get security updates at the time of writing; what is older would need twice the bytes.
    target: ['chrome120', 'firefox121', 'safari17'],
    // A style element or a font in an address would be against the page's own policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      input: ['index.html', 'src/begin.ts'],
      output: {
        // Nearly all of a file runs when it is shown first. A browser that knows this line compiles it beside, while the files come, and not
        // function by function when it should draw: a third less work before the first look. The editor's file is used by a small part.
        postBanner: ({ name }) => (name === 'codemirror' ? '' : '//# allFunctionsCalledOnLoad'),
        // What comes from others changes with their versions alone: a browser, and the history of this repository, keep it.
        codeSplitting: {
          groups: [
            { name: 'react', test: /node_modules\/(react|react-dom|scheduler)\// },
            { name: 'mantine', test: /node_modules\/(@mantine|@floating-ui|clsx|react-remove-scroll|tabbable)/ },
            {
              name: 'tanstack',
              test: /node_modules\/@tanstack\/(react-router|router-core|history|react-query|query-core|react-store|store)\//,
            },
            { name: 'codemirror', test: /node_modules\/(@codemirror|@lezer|@marijn|style-mod|w3c-keyname|crelt)\// },
          ],
        },
      },
    },
  },
  server: { proxy: { '/v1': target, '/log': target, '/health': target, '/console/session': target } },
});
