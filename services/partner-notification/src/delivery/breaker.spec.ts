import { findingOf, type Shown } from './breaker.js';

const took: Shown = { failure: undefined, gone: false, probe: false };
const failed: Shown = { failure: 'http-503', gone: false, probe: false };
const probe = (shown: Shown): Shown => ({ ...shown, probe: true });

describe('what attempts show of an endpoint', () => {
  it.each<[string, 'active' | 'failing', Shown[], boolean, object]>([
    ['nothing new while it takes what comes', 'active', [took, took], false, { is: 'as-before' }],
    ['nothing new when one fails', 'active', [took, failed], false, { is: 'as-before' }],
    [
      'that it fails, when one after the other does',
      'active',
      [failed, failed],
      true,
      { is: 'failing', failure: 'http-503' },
    ],
    ['nothing new by those that were under way when that was seen', 'failing', [failed], true, { is: 'as-before' }],
    [
      'that it still fails, by its probe',
      'failing',
      [probe(failed)],
      true,
      { is: 'still-failing', failure: 'http-503' },
    ],
    [
      'that it still fails, to a sender that has just begun',
      'failing',
      [probe(failed)],
      false,
      { is: 'still-failing', failure: 'http-503' },
    ],
    ['that it works again, by its probe', 'failing', [probe(took)], false, { is: 'working-again' }],
    [
      'that it works again, also to a sender that had not heard that it fails',
      'active',
      [probe(took)],
      false,
      { is: 'working-again' },
    ],
    ['that it works again, by one that was under way', 'failing', [took], false, { is: 'working-again' }],
    ['that it is gone, whatever else', 'active', [took, { ...failed, gone: true }, took], false, { is: 'gone' }],
  ])('is %s', (_, known, shown, inARow, finding) => {
    expect(findingOf(known, shown, inARow)).toEqual(finding);
  });
});
