import * as fc from 'fast-check';
import kafkajs from 'kafkajs';
import { partitionOf } from './partition-of.js';

describe('the partition of a record', () => {
  const partitioner = kafkajs.Partitioners.DefaultPartitioner();
  const byClient = (key: string, partitions: number): number =>
    partitioner({
      topic: 'lifecycle',
      partitionMetadata: Array.from({ length: partitions }, (_, partitionId) => ({
        ...{ partitionErrorCode: 0, partitionId, leader: 1, replicas: [1], isr: [1] },
      })),
      message: { key, value: null },
    });

  it('is where the client itself, and so every other one, puts records of that key', () => {
    const keys = fc.oneof(fc.uuid(), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(keys, fc.integer({ min: 1, max: 50 }), (key, partitions) => {
        expect(partitionOf(key, partitions)).toBe(byClient(key, partitions));
      }),
    );
  });
});
