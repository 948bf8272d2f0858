import { useQuery } from '@tanstack/react-query';
import { api, dataOf, type Schemas } from '../api/client.js';
import type { Period } from './period.js';

export type Trust = Schemas['TrustView'];

export function useTrust(period: Period) {
  return useQuery({
    queryKey: ['trust', period],
    queryFn: () => dataOf(api.GET('/v1/trust', { params: { query: period as never } })),
  });
}
