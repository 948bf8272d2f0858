import { contactTogether } from './contact-together.js';

describe('contact data that came one after the other', () => {
  it('is what was said first, with its gaps filled, and beside it what was said otherwise', () => {
    const [first, second, third] = [
      { email: 'jane@example.com', lastName: 'Doe' },
      { phone: '+4930901820', lastName: 'Doe' },
      { phone: '+4930901821', message: 'Call me' },
    ];
    expect(contactTogether([first, second, third])).toEqual({
      ...{ email: 'jane@example.com', lastName: 'Doe', phone: '+4930901820', message: 'Call me' },
      further: [{ phone: '+4930901821' }],
    });
    expect(contactTogether([first])).toEqual(first);
    expect(contactTogether([])).toEqual({});
  });
});
