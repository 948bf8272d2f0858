import { partyOfDeal } from './party-of-deal.js';

describe('whose deal it was', () => {
  it.each([
    ['direct', 'Jane Doe', 'direct'],
    ['Direct', '', 'direct'],
    ['channel', '', 'channel'],
    ['Channel', 'nordwind', 'nordwind'],
    ['channel', 'Müller & Söhne GmbH', 'muller-sohne-gmbh'],
    ['channel', 'Groß, Østergård & Łódź s.r.o.', 'gross-ostergard-lodz-s-r-o'],
    ['channel', 'x'.repeat(80), 'x'.repeat(63)],
    ['alpenblick-it', 'whoever', 'alpenblick-it'],
  ])('is, by the channel %j and the owner %j, %s', (channel, owner, party) => {
    expect(partyOfDeal(channel, owner)).toEqual({ party });
  });

  it.each([
    ['Carrier pigeon', '', 'channel', 'channel'],
    ['Partner/Resale', '', 'channel', 'channel'],
    ['channel', 'jane@example.com', 'owner', 'personal-data'],
    ['channel', 'Direct', 'owner', 'owner'],
    ['channel', '株式会社', 'owner', 'owner'],
    ['channel', '…', 'owner', 'owner'],
  ])('is said by neither the channel %j nor the owner %j', (channel, owner, wrong, rule) => {
    expect(partyOfDeal(channel, owner)).toMatchObject({ wrong, rule });
  });
});
