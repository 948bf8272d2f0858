import { fileURLToPath } from 'node:url';
import { importsOf } from '../../test/fixture/imports.js';

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// A file of counts once asked another one which pool is meant, which asked a third one, and so on: the replay of a million events took seventy
// megabytes more, of mail domains and telephone numbers, and all came out right.
describe('the threads of a replay', () => {
  it.each(['./read-models.worker.ts', './decisions.worker.ts'])(
    '%s loads no lists that only what comes in is read with',
    (thread) => {
      const reached = importsOf([source(thread)]);
      const lists = ['libs/decisions/src/index.ts', 'libphonenumber-js', 'tldts'];
      expect(lists.filter((list) => reached.has(list)).map((list) => reached.get(list))).toEqual([]);
    },
  );
});
