import { groupsOf, type Parked, waitingBehind } from '../../page/src/screens/parked-groups.js';

function parked(service: string, id: number, more: Partial<Parked> = {}): Parked {
  const event = { id: `${service}.${id}`, service, type: 'lead.scored', errorClass: 'TypeError', behind: null };
  return { ...event, ...more } as Parked;
}

describe('what is parked, by its cause', () => {
  it('is together where service, event and error are the same, the largest group first', () => {
    const groups = groupsOf([
      parked('scoring', 1),
      parked('routing', 1),
      parked('routing', 2),
      parked('routing', 3, { errorClass: 'RangeError' }),
    ]);
    expect(groups.map(({ service, errorClass, culprits }) => [service, errorClass, culprits.length])).toEqual([
      ['routing', 'TypeError', 2],
      ['scoring', 'TypeError', 1],
      ['routing', 'RangeError', 1],
    ]);
  });

  it('counts what waits with what it waits for, and not for an event of the same number elsewhere', () => {
    const groups = groupsOf([
      parked('routing', 7),
      parked('scoring', 7),
      parked('routing', 8, { behind: '7' }),
      parked('routing', 9, { behind: '7' }),
    ]);
    expect(groups.map((group) => [group.service, group.culprits.length, waitingBehind(group)])).toEqual([
      ['routing', 1, 2],
      ['scoring', 1, 0],
    ]);
  });
});
