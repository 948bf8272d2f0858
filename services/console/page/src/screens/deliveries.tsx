import { Select, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { api, dataOf, type Schemas } from '../api/client.js';
import { EmptyNote, Loaded } from '../shell/notes.js';
import { useSession } from '../shell/session.js';
import { type DeliveryFilter, readDeliveryFilter } from './delivery-filter.js';
import { DeliveryList } from './delivery-list.js';
import { OneDelivery } from './delivery.js';
import { OneEndpoint } from './endpoint.js';
import { Endpoints } from './endpoints.js';

const route = getRouteApi('/deliveries');

/** As many as a list can be chosen from; whoever has more types the id of one. */
const PARTNERS = 1_000;

export type Change = (changed: Partial<Record<keyof DeliveryFilter, string | null>>) => void;

/** What was sent to the servers of a partner, or of one's own; and sending it again. */
export function Deliveries() {
  const { partner: own } = useSession();
  return own === null ? <OfAnyParty /> : <OfParty party={own} />;
}

function OfAnyParty() {
  const { partner } = route.useSearch();
  const navigate = useNavigate();
  const partners = useQuery({
    queryKey: ['partners'],
    queryFn: () => dataOf(api.GET('/v1/partners', { params: { query: { limit: PARTNERS } } })),
  });
  return (
    <Loaded query={partners} height={480}>
      {({ partners: all }) => {
        const chosen = partner ?? all[0]?.id ?? 'direct';
        const parties = [
          ...all.map(({ id, name }) => ({ value: id, label: `${name} (${id})` })),
          { value: 'direct', label: 'Direct sales (direct)' },
        ];
        return (
          <Stack gap="lg">
            <Select
              label="Partner"
              className="no-print"
              searchable
              limit={100}
              maw={360}
              allowDeselect={false}
              data={parties.some(({ value }) => value === chosen) ? parties : [chosen, ...parties]}
              value={chosen}
              onChange={(value) =>
                void navigate({ to: '/deliveries', search: readDeliveryFilter({ partner: value ?? '' }) })
              }
            />
            <OfParty key={chosen} party={chosen} />
          </Stack>
        );
      }}
    </Loaded>
  );
}

function OfParty({ party }: { party: string }) {
  const filter = route.useSearch();
  const navigate = useNavigate();
  const change: Change = (changed) =>
    void navigate({ to: '/deliveries', search: readDeliveryFilter({ ...filter, ...changed }), replace: true });
  const endpoints = useQuery({
    queryKey: ['endpoints', party],
    queryFn: () => dataOf(api.GET('/v1/partners/{partnerId}/endpoints', { params: { path: { partnerId: party } } })),
  });
  return (
    <Loaded query={endpoints} height={360}>
      {({ endpoints: all }) => {
        const chosen = all.find(({ id }) => id === filter.endpoint) ?? all[0];
        if (!chosen)
          return (
            <EmptyNote>
              Nothing is sent to {party} yet. An endpoint is made with{' '}
              <code>
                PUT /v1/partners/{party}/endpoints/{'{endpointId}'}
              </code>
              , and its deliveries show here.
            </EmptyNote>
          );
        return (
          <Stack gap="lg">
            <Endpoints endpoints={all} chosen={chosen} filter={filter} />
            <OneEndpoint key={`about ${chosen.id}`} endpoint={chosen} change={change} />
            <DeliveryList key={chosen.id} endpoint={chosen} filter={filter} change={change} />
            <OneDelivery endpoint={chosen} id={filter.delivery} change={change} />
          </Stack>
        );
      }}
    </Loaded>
  );
}

export type Endpoint = Schemas['EndpointView'];
