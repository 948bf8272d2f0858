import { revealedTo } from './revealed-to.js';

describe('who could see a contact', () => {
  const routed = (to: string, revealContact: string) => ({ type: 'lead.routed', data: { to, revealContact } });
  const accepted = (party: string) => ({ type: 'lead.accepted', data: { party } });

  it('is who accepted the lead, and who was offered it with the contact', () => {
    expect(
      revealedTo([
        { type: 'lead.received', data: {} },
        routed('bolt', 'on-accept'),
        routed('acme', 'on-offer'),
        routed('direct', 'on-accept'),
        accepted('direct'),
        accepted('direct'),
        { type: 'lead.declined', data: { party: 'bolt' } },
      ]),
    ).toEqual(['acme', 'direct']);
    expect(revealedTo([])).toEqual([]);
  });
});
