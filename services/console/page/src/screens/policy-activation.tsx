import { Button, SegmentedControl, Stack, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { api, dataOf, type Schemas } from '../api/client.js';
import { Confirm } from '../shell/confirm.js';
import { moment, utcOf } from '../words/numbers.js';
import { useProposals } from './policy-proposals.js';

/** Puts the version that is looked at in force, now or at a time to come. */
export function PolicyActivation({
  policy: { name, version, active },
  isChanged,
  told,
}: {
  policy: Schemas['PolicyView'];
  /** Whether the text is another than the one that would be put in force. */
  isChanged: boolean;
  told: (told: ReactNode) => void;
}) {
  const [opened, { open, close }] = useDisclosure();
  const [when, setWhen] = useState('now');
  const [field, setField] = useState('');
  const queries = useQueryClient();
  const takesTwo = useProposals(name).data?.needsTwo ?? false;
  const at = when === 'now' ? undefined : utcOf(field);
  const activate = useMutation({
    mutationFn: () =>
      dataOf(api.POST('/v1/policies/{name}/activate', { params: { path: { name } }, body: { version, at } })),
    onSuccess: async ({ scheduled, proposed }) => {
      told(
        proposed
          ? `Version ${version} of ${name} is proposed: somebody else approves it.`
          : scheduled
            ? `Version ${version} of ${name} will be put in force at ${moment(scheduled.at)} UTC.`
            : `Version ${version} of ${name} is in force from now on.`,
      );
      close();
      await queries.invalidateQueries({ queryKey: ['policies'] });
    },
  });
  if (active) return null;
  return (
    <>
      <Button
        variant="default"
        disabled={isChanged}
        onClick={() => {
          activate.reset();
          setWhen('now');
          open();
        }}
      >
        Put version {version} in force…
      </Button>
      <Confirm
        opened={opened}
        close={close}
        title={`Put version ${version} of ${name} in force`}
        verb={takesTwo ? 'Propose it' : when === 'now' ? 'Put in force now' : 'Plan it'}
        act={() => activate.mutate()}
        isBusy={activate.isPending}
        isReady={when === 'now' || at !== undefined}
        error={activate.error}
      >
        <Stack gap="sm">
          <Text size="sm">
            From then on every lead is distributed by it, and partners can read it. Offers that are open stay as they
            are. An older version is put in force in the same way, which takes this back.
          </Text>
          {takesTwo ? (
            <Text size="sm">It takes two people: you propose it, and it waits until somebody else approves it.</Text>
          ) : null}
          <SegmentedControl
            aria-label="When"
            value={when}
            onChange={setWhen}
            data={[
              { value: 'now', label: takesTwo ? 'Once approved' : 'Now' },
              { value: 'later', label: 'At a time' },
            ]}
          />
          {when === 'later' ? (
            <TextInput
              label="Date and time (UTC)"
              description="Within a year from now."
              type="datetime-local"
              value={field}
              onChange={(event) => setField(event.currentTarget.value)}
            />
          ) : null}
        </Stack>
      </Confirm>
    </>
  );
}
