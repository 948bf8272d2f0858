import { Button, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api, dataOf } from '../api/client.js';
import { Confirm } from '../shell/confirm.js';
import { ShownOnce } from '../shell/shown-once.js';
import type { Endpoint } from './deliveries.js';

/** A new secret, shown once: it is nowhere in the page any more when the window is closed. */
export function RotateSecret({ endpoint: { party, id } }: { endpoint: Endpoint }) {
  const [opened, { open, close }] = useDisclosure();
  const queries = useQueryClient();
  const rotate = useMutation({
    mutationFn: () =>
      dataOf(
        api.POST('/v1/partners/{partnerId}/endpoints/{endpointId}/rotate-secret', {
          params: { path: { partnerId: party, endpointId: id } },
        }),
      ),
    // Not a moment longer than it is looked at.
    gcTime: 0,
    onSuccess: () => {
      close();
      return queries.invalidateQueries({ queryKey: ['endpoints', party] });
    },
  });
  return (
    <>
      <Button
        variant="default"
        onClick={() => {
          rotate.reset();
          open();
        }}
      >
        Rotate the secret…
      </Button>
      <Confirm
        opened={opened}
        close={close}
        title={`A new secret for ${id}`}
        verb="Make a new secret"
        act={() => rotate.mutate()}
        isBusy={rotate.isPending}
        error={rotate.error}
      >
        <Text size="sm">
          What is sent from then on is signed with a new secret. For a day the old one signs too; after it, a receiver
          that does not know the new one refuses everything. The new one is shown once: have a place for it ready.
        </Text>
      </Confirm>
      <ShownOnce secret={rotate.data?.secret} title="The new secret" close={rotate.reset}>
        Copy it to the receiver now. Nobody, we included, can show it again; the old one signs beside it for{' '}
        {rotate.data?.overlapHours} hours.
      </ShownOnce>
    </>
  );
}
