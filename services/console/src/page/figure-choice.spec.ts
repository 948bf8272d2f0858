import { isTable, readFigureChoice, turned } from '../../page/src/charts/figure-choice.js';

describe('how figures are shown', () => {
  it('is turned for one at a time, and leaves nothing in the address once all are charts again', () => {
    const one = turned({}, 'gap');
    const both = turned(one, 'alike');
    expect([one, both]).toEqual([{ tables: 'gap' }, { tables: 'gap.alike' }]);
    expect([isTable(both, 'alike'), isTable(one, 'alike')]).toEqual([true, false]);
    expect(turned(turned(both, 'gap'), 'alike')).toEqual({});
  });

  it.each([{ tables: 'a b' }, { tables: 7 }, {}])('is read from %j as if nothing were said', (search) => {
    expect(readFigureChoice(search)).toEqual({});
  });
});
