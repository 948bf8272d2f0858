import fc from 'fast-check';
import { comparableName, isSlip, probableAddress } from './near.js';

describe('an address', () => {
  it.each([
    ['Jane.Doe+Shop@gmail.com', 'janedoe@gmail.com'],
    ['jane.doe@googlemail.com', 'janedoe@gmail.com'],
    ['janedoe@gmial.com', 'janedoe@gmail.com'],
    ['jane@hotmial.com', 'jane@hotmail.com'],
    ['jane@outlok.com', 'jane@outlook.com'],
    ['jane@yahooo.com', 'jane@yahoo.com'],
    ['jane+news@outlook.com', 'jane@outlook.com'],
  ])('%s is probably %s', (written, meant) => {
    expect(probableAddress(written)).toBe(meant);
  });

  it.each([
    'janedoe@gmail.com',
    'jane.doe@company.example',
    'jane+a@company.example',
    'jane@ymail.com',
    'j.d@gmx.at',
    '+@gmail.com',
  ])('%s is what it is', (written) => {
    expect(probableAddress(written)).toBeUndefined();
  });

  it('that is probable is probably itself', () => {
    fc.assert(
      fc.property(fc.emailAddress(), (email) => {
        const meant = probableAddress(email);
        if (meant !== undefined && !meant.startsWith('@')) expect(probableAddress(meant)).toBeUndefined();
      }),
    );
  });
});

describe('a slip', () => {
  it('is one letter, or two that changed places, and no more', () => {
    expect(['gmai.com', 'gmaill.com', 'gmajl.com', 'gmial.com'].every((each) => isSlip(each, 'gmail.com'))).toBe(true);
    expect(['gmail.com', 'gmil.co', 'gamil.cmo', 'hotmail.com', ''].some((each) => isSlip(each, 'gmail.com'))).toBe(
      false,
    );
  });
});

describe('a name', () => {
  it('is compared without case, accents and order, and only when it is whole', () => {
    expect(comparableName({ firstName: 'José', lastName: 'MÜLLER' })).toBe(
      comparableName({ firstName: 'muller', lastName: 'jose' }),
    );
    expect(comparableName({ lastName: 'Müller' })).toBeUndefined();
    expect(comparableName({ firstName: '-', lastName: '.' })).toBeUndefined();
  });
});
