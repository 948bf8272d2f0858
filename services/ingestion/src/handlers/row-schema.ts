/** What became of one row, as the API's description has it. */
export const rowSchema = {
  type: 'object',
  required: ['index', 'id', 'status'],
  properties: {
    index: { type: 'integer', description: 'of the row, from 0' },
    id: {
      type: 'string',
      format: 'uuid',
      description: 'the lead’s; of a merged one, that of the lead it was merged into',
    },
    status: { type: 'string', enum: ['received', 'merged', 'held', 'rejected', 'engaged', 'ignored'] },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['field', 'rule', 'detail'],
        properties: { field: { type: 'string' }, rule: { type: 'string' }, detail: { type: 'string' } },
      },
    },
  },
};
