import { Button, Group, Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import { Dialog } from './dialog.js';
import { ErrorNote } from './notes.js';

/** Asks before something is changed: what will happen, in `children`, and the verb on the button. An error stays where it was asked. */
export function Confirm({
  opened,
  close,
  title,
  verb,
  act,
  isBusy,
  isReady = true,
  error,
  children,
}: {
  opened: boolean;
  close: () => void;
  title: string;
  verb: string;
  act: () => void;
  isBusy: boolean;
  isReady?: boolean;
  error: Error | null;
  children: ReactNode;
}) {
  return (
    <Dialog opened={opened} close={close} title={title}>
      <Stack gap="md">
        {children}
        {error ? <ErrorNote error={error} /> : null}
        <Group gap="sm">
          <Button onClick={act} loading={isBusy} disabled={!isReady}>
            {verb}
          </Button>
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
