import { ServedMethods } from './served-methods.js';

describe('the methods of an address', () => {
  const served = new ServedMethods();
  served.add('/v1/policies/:name', ['GET', 'HEAD']);
  served.add('/v1/policies/:name', ['PUT']);
  served.add('/v1/policies/check', ['POST']);

  it('are those of all routes that lead there', () => {
    expect(served.at('/v1/policies/emea')).toEqual(['GET', 'HEAD', 'PUT']);
    expect(served.at('/v1/elsewhere')).toEqual([]);
    expect(served.at('/v1/policies/emea/')).toEqual([]);
  });

  it('are its own alone where it is a route and not an id', () => {
    expect(served.at('/v1/policies/check')).toEqual(['POST']);
    expect(served.isMistaken('/v1/policies/check', 'GET')).toBe(true);
    expect(served.isMistaken('/v1/policies/check', 'POST')).toBe(false);
    expect(served.isMistaken('/v1/policies/emea', 'GET')).toBe(false);
  });
});
