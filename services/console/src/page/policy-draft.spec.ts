import { isUnsaved, withSaved } from '../../page/src/screens/policy-draft.js';

describe('a policy that somebody writes', () => {
  const untouched = { text: 'a: 1\n', begunFrom: 'a: 1\n' };
  const typed = { text: 'a: 2\n', begunFrom: 'a: 1\n' };

  it('follows what the server has, as long as nothing was typed', () => {
    expect(withSaved(untouched, 'a: 3\n')).toEqual({ text: 'a: 3\n', begunFrom: 'a: 3\n' });
  });

  // Whoever came back to the window after a colleague had saved a draft found that one in the editor, and their own work nowhere.
  it('stays as it was typed, whatever somebody else saves meanwhile', () => {
    const after = withSaved(typed, 'a: 3\n');
    expect([after, isUnsaved(after)]).toEqual([typed, true]);
  });

  it('is unsaved no more once the server has the same', () => {
    expect(isUnsaved(withSaved(typed, 'a: 2\n'))).toBe(false);
  });
});
