import { Button, Group, NumberInput, Select, TextInput, VisuallyHidden } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import type { Schemas } from '../api/client.js';
import { Confirm } from '../shell/confirm.js';
import { type Answer, type REASONS, useAnswer } from './answer.js';
import { NoteField, ReasonChoice } from './answer-offer.js';

type Outcome = Schemas['ReportOutcome']['type'];

/** What can follow what is known: steps may be skipped forward, never back. */
const NEXT: Readonly<Record<string, readonly Outcome[]>> = {
  accepted: ['contacted', 'qualified', 'won', 'lost', 'returned'],
  contacted: ['qualified', 'won', 'lost', 'returned'],
  qualified: ['won', 'lost'],
};

const WORDS: Readonly<Record<string, string>> = {
  contacted: 'We spoke to them',
  qualified: 'It is an opportunity',
  won: 'It is won',
  lost: 'It is lost',
  returned: 'We give it back',
};

/** Says what became of a lead that was accepted. */
export function ReportOutcome({
  leadId,
  name,
  state,
  offer,
  told,
  hold,
}: {
  leadId: string;
  name: string;
  state: string;
  offer: number | undefined;
  told: (lead: Schemas['LeadView'], answer: Answer) => void;
  /** Told when an answer is begun and when it is over: until then it should not be taken from the page. */
  hold?: (isHeld: boolean) => void;
}) {
  const [opened, { open, close }] = useDisclosure(false, { onOpen: () => hold?.(true), onClose: () => hold?.(false) });
  const types = NEXT[state] ?? [];
  const [chosen, setChosen] = useState<Outcome>();
  const type = chosen !== undefined && types.includes(chosen) ? chosen : types[0];
  const [reason, setReason] = useState<(typeof REASONS)[number] | null>(null);
  const [value, setValue] = useState<number | string>('');
  const [currency, setCurrency] = useState('EUR');
  const [note, setNote] = useState('');
  const report = useAnswer(leadId, offer, (lead, answer) => {
    close();
    told(lead, answer);
  });
  if (type === undefined) return null;
  const outcome: Schemas['ReportOutcome'] = {
    type,
    ...(reason !== null && (type === 'lost' || type === 'returned') && { reason }),
    ...(type === 'won' && value !== '' && { amount: { value: Number(value), currency } }),
    ...(note.trim() !== '' && { note: note.trim() }),
  };
  return (
    <>
      <Button
        size="compact-md"
        variant="default"
        className="no-print"
        onClick={() => {
          report.reset();
          open();
        }}
      >
        What became of it…<VisuallyHidden> {name}</VisuallyHidden>
      </Button>
      <Confirm
        opened={opened}
        close={close}
        title={`What became of ${name}`}
        verb="Say so"
        act={() => report.mutate({ type: 'outcome', outcome })}
        isBusy={report.isPending}
        isReady={type !== 'returned' || reason !== null}
        error={report.error}
      >
        <Select
          label="What happened"
          allowDeselect={false}
          data={types.map((each) => ({ value: each, label: WORDS[each] ?? each }))}
          value={type}
          onChange={(each) => setChosen(each as Outcome)}
        />
        {type === 'lost' || type === 'returned' ? (
          <ReasonChoice reason={reason} choose={setReason} isNeeded={type === 'returned'} />
        ) : null}
        {type === 'won' ? (
          <Group gap="sm" align="end" grow>
            <NumberInput
              label="For how much"
              description="If it may be known."
              min={0}
              decimalScale={4}
              allowNegative={false}
              hideControls
              value={value}
              onChange={setValue}
            />
            <TextInput
              label="Currency"
              description="Such as EUR"
              maxLength={3}
              value={currency}
              onChange={(event) => setCurrency(event.currentTarget.value.toUpperCase())}
            />
          </Group>
        ) : null}
        <NoteField note={note} change={setNote} />
      </Confirm>
    </>
  );
}
