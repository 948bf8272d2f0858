import { Alert } from '@mantine/core';
import type { ReactNode } from 'react';

/** What came of something that one did. It is always there, so that a screen reader hears when it begins to say something. */
export function Told({ children, isGood = true }: { children: ReactNode; isGood?: boolean }) {
  const isSilent = children === undefined || children === null || children === '';
  return (
    // While it is silent it takes no room among what stands above and below.
    <div role="status" aria-live="polite" style={isSilent ? { position: 'absolute' } : undefined}>
      {isSilent ? null : <Alert color={isGood ? 'good' : 'warn'}>{children}</Alert>}
    </div>
  );
}
