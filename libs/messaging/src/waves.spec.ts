import { inWaves } from './waves.js';

const events = (...names: string[]) =>
  names.map((name) => {
    const [type = '', key = ''] = name.split(' ');
    return { type, key, name };
  });
const named = (groups: { name: string }[][]) => groups.map((group) => group.map(({ name }) => name));

describe('inWaves', () => {
  it('gathers events of one type across keys', () => {
    expect(named(inWaves(events('received a', 'scored b', 'received c', 'scored d')))).toEqual([
      ['received a', 'received c'],
      ['scored b', 'scored d'],
    ]);
  });

  it('never lets an event overtake an earlier one of its key', () => {
    expect(named(inWaves(events('received a', 'scored a', 'received b', 'received a', 'scored b')))).toEqual([
      ['received a', 'received b'],
      ['scored a', 'scored b'],
      ['received a'],
    ]);
  });

  it('leaves types that one handler takes mixed in one call, in the order of each key', () => {
    const kindOf = (type: string) => (type === 'held' ? type : 'any');
    expect(named(inWaves(events('received a', 'scored a', 'held a', 'received b', 'scored a'), kindOf))).toEqual([
      ['received a', 'scored a', 'received b'],
      ['held a'],
      ['scored a'],
    ]);
  });

  it('keeps several events of one key and type together, in their order', () => {
    expect(named(inWaves(events('held a', 'held b', 'held a')))).toEqual([['held a', 'held b', 'held a']]);
  });
});
