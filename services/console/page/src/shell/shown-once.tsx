import { Alert, Button, Code, Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import { Dialog } from './dialog.js';

/** A secret that the server tells once. A click beside the window does not lose it; when the window is closed, it is nowhere in the page any more. */
export function ShownOnce({
  secret,
  title,
  close,
  children,
}: {
  /** Undefined while there is none to show. */
  secret: string | undefined;
  title: string;
  close: () => void;
  /** What to do with it now. */
  children: ReactNode;
}) {
  return (
    <Dialog opened={secret !== undefined} close={close} title={title} closesByClickOutside={false}>
      <Stack gap="md">
        <Alert color="warn" title="It is shown this once">
          {children}
        </Alert>
        <Code block tabIndex={0} style={{ overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }}>
          {secret}
        </Code>
        <Button onClick={close}>I have it</Button>
      </Stack>
    </Dialog>
  );
}
