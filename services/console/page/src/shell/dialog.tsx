import { Modal } from '@mantine/core';
import type { ReactNode } from 'react';

/** A window over the page. Put together here, because the library's own makes its title a second banner of the page. */
export function Dialog({
  opened,
  close,
  title,
  size = 'md',
  closesByClickOutside = true,
  children,
}: {
  opened: boolean;
  close: () => void;
  title: string;
  size?: 'md' | 'xl';
  closesByClickOutside?: boolean;
  children: ReactNode;
}) {
  return (
    <Modal.Root opened={opened} onClose={close} size={size} closeOnClickOutside={closesByClickOutside}>
      <Modal.Overlay />
      <Modal.Content>
        <Modal.Header role="presentation">
          <Modal.Title fw={650}>{title}</Modal.Title>
          <Modal.CloseButton aria-label="Close" />
        </Modal.Header>
        <Modal.Body>{children}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
