import { Stack } from '@mantine/core';
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
import { PartyChoice } from './party-choice.js';

const route = getRouteApi('/deliveries');

export type Change = (changed: Partial<Record<keyof DeliveryFilter, string | null>>) => void;

/** What was sent to the servers of a partner, or of one's own; and sending it again. */
export function Deliveries() {
  const { partner: own } = useSession();
  return own === null ? <OfAnyParty /> : <OfParty party={own} />;
}

function OfAnyParty() {
  const { partner } = route.useSearch();
  const navigate = useNavigate();
  return (
    <PartyChoice
      asked={partner}
      choose={(chosen) => void navigate({ to: '/deliveries', search: readDeliveryFilter({ partner: chosen }) })}
    >
      {(party) => <OfParty key={party} party={party} />}
    </PartyChoice>
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
            <OneEndpoint key={`about ${chosen.id}`} endpoint={chosen} filter={filter} change={change} />
            <DeliveryList key={chosen.id} endpoint={chosen} filter={filter} change={change} />
            <OneDelivery endpoint={chosen} id={filter.delivery} change={change} />
          </Stack>
        );
      }}
    </Loaded>
  );
}

export type Endpoint = Schemas['EndpointView'];
