import { notFound, Problem } from './problem.js';

describe('a problem', () => {
  it('has the members of RFC 9457, the type as a name of ours', () => {
    const problem = new Problem(409, {
      type: 'offer-taken',
      title: 'Offer taken',
      detail: 'Another party was quicker.',
    });
    expect([problem.getStatus(), problem.details]).toEqual([
      409,
      {
        type: 'urn:fairlead:problem:offer-taken',
        title: 'Offer taken',
        status: 409,
        detail: 'Another party was quicker.',
      },
    ]);
  });

  it('is called after its status when it has no name of its own', () => {
    expect(new Problem(413).details).toEqual({
      type: 'urn:fairlead:problem:payload-too-large',
      title: 'Payload Too Large',
      status: 413,
    });
  });

  it('shows a hundred errors, and how many more there are', () => {
    const errors = Array.from({ length: 250 }, (_, index) => ({ index, field: '/email', detail: 'is not an address' }));
    expect(new Problem(400, { errors }).details).toMatchObject({ errors: errors.slice(0, 100), errorsOmitted: 150 });
  });

  it('says when to come back', () => {
    expect(new Problem(429, { retryAfterSeconds: 1.2 }).headers).toEqual({ 'retry-after': '2' });
  });

  it('looks the same whether something is missing or somebody else’s', () => {
    expect(notFound('lead').details).toEqual(notFound('lead').details);
  });
});
