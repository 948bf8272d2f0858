import { Button, Group, Select, Stack, Text, Textarea, VisuallyHidden } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import type { Schemas } from '../api/client.js';
import { Confirm } from '../shell/confirm.js';
import { ErrorNote } from '../shell/notes.js';
import { inWords } from '../words/states.js';
import { type Answer, REASONS, useAnswer } from './answer.js';

type Reason = (typeof REASONS)[number];

/** Takes an open offer, or turns it down and says why. */
export function AnswerOffer({
  leadId,
  name,
  offer,
  told,
  hold,
}: {
  leadId: string;
  name: string;
  offer: number | undefined;
  told: (lead: Schemas['LeadView'], answer: Answer) => void;
  /** Told when an answer is begun and when it is over: until then it should not be taken from the page. */
  hold?: (isHeld: boolean) => void;
}) {
  const [opened, { open, close }] = useDisclosure(false, { onOpen: () => hold?.(true), onClose: () => hold?.(false) });
  const [reason, setReason] = useState<Reason | null>(null);
  const [note, setNote] = useState('');
  const accept = useAnswer(leadId, offer, told);
  const decline = useAnswer(leadId, offer, (lead, answer) => {
    close();
    told(lead, answer);
  });
  return (
    <Stack gap="xs">
      <Group gap="xs" className="no-print">
        <Button size="compact-md" onClick={() => accept.mutate({ type: 'accept' })} loading={accept.isPending}>
          Accept<VisuallyHidden> {name}</VisuallyHidden>
        </Button>
        <Button
          size="compact-md"
          variant="default"
          onClick={() => {
            decline.reset();
            open();
          }}
        >
          Decline…<VisuallyHidden> {name}</VisuallyHidden>
        </Button>
      </Group>
      {accept.error ? <ErrorNote error={accept.error} /> : null}
      <Confirm
        opened={opened}
        close={close}
        title={`Decline ${name}`}
        verb="Decline it"
        act={() =>
          reason && decline.mutate({ type: 'decline', reason, ...(note.trim() !== '' && { note: note.trim() }) })
        }
        isBusy={decline.isPending}
        isReady={reason !== null}
        error={decline.error}
      >
        <Text size="sm">It goes on to the next party. You get a part of this turn back, as the policy says.</Text>
        <ReasonChoice reason={reason} choose={setReason} />
        <NoteField note={note} change={setNote} />
      </Confirm>
    </Stack>
  );
}

export function ReasonChoice({
  reason,
  choose,
  isNeeded = true,
}: {
  reason: Reason | null;
  choose: (reason: Reason | null) => void;
  isNeeded?: boolean;
}) {
  return (
    <Select
      label="Why"
      placeholder="choose one"
      required={isNeeded}
      clearable={!isNeeded}
      data={REASONS.map((value) => ({ value, label: inWords(value) }))}
      value={reason}
      onChange={(value) => choose(value as Reason | null)}
    />
  );
}

export function NoteField({ note, change }: { note: string; change: (note: string) => void }) {
  return (
    <Textarea
      label="Note"
      description="Kept sealed, and erased with the lead."
      maxLength={2_000}
      autosize
      minRows={2}
      value={note}
      onChange={(event) => change(event.currentTarget.value)}
    />
  );
}
