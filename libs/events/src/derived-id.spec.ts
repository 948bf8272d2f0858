import fc from 'fast-check';
import { derivedId } from './derived-id.js';

describe('the id of what follows from a cause', () => {
  it('is the same whenever it is derived again', () => {
    expect(derivedId('7ec9458d-cbb0-860d-b6db-ec51b09f4ffd', 'lead.scored')).toBe(
      derivedId('7ec9458d-cbb0-860d-b6db-ec51b09f4ffd', 'lead.scored'),
    );
  });

  it('never changes, because logs are full of it', () => {
    expect(derivedId('cause', 'lead.scored')).toBe('d5b330c7-f6fe-8485-ad4b-2f573a76b25a');
    expect(derivedId('cause', 'lead.scored', 'second')).toBe('511cf107-032d-812e-bd80-d73687d8bfe7');
  });

  it('is a UUID of version 8', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (cause, type) => {
        expect(derivedId(cause, type)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      }),
    );
  });

  it('differs where the parts differ, also when together they read the same', () => {
    const parts = fc.tuple(fc.string(), fc.string(), fc.option(fc.string(), { nil: undefined }));
    fc.assert(
      fc.property(parts, parts, (one, other) => {
        fc.pre(JSON.stringify(one) !== JSON.stringify(other));
        expect(derivedId(...one)).not.toBe(derivedId(...other));
      }),
    );
    expect(derivedId('ab', 'c')).not.toBe(derivedId('a', 'bc'));
    expect(derivedId('a', 'b', 'c')).not.toBe(derivedId('a', 'bc'));
    expect(derivedId('a', 'b', '')).not.toBe(derivedId('a', 'b'));
    expect(derivedId('a1:b', 'c')).not.toBe(derivedId('a', 'b1:c'));
  });
});
