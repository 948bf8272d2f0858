// What there is to beat at the door: a bare Fastify in a process of its own that checks a lead with ajv, answers, and keeps nothing.
import { fastify } from 'fastify';

const word = { type: 'string', minLength: 1, maxLength: 255 } as const;
const lead = {
  type: 'object',
  required: ['source'],
  additionalProperties: false,
  properties: {
    ...{ source: word, externalId: word, firstName: word, lastName: word, email: word, company: word },
    ...{ country: word, industry: word, product: word },
    employees: { type: 'integer', minimum: 0 },
    consent: { type: 'boolean' },
    engagement: { type: 'object', additionalProperties: { type: 'number' } },
  },
} as const;

const server = fastify();
server.post('/v1/leads', { schema: { body: lead } }, async (request, reply) => {
  const { externalId } = request.body as { externalId: string };
  return reply.code(202).send({ results: [{ index: 0, id: externalId, status: 'received' }] });
});
await server.listen({ port: 0, host: '127.0.0.1' });
const address = server.server.address();
process.send?.({ port: typeof address === 'object' ? address?.port : 0 });
process.on('disconnect', () => process.exit());
