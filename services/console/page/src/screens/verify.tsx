import { Alert, Button, Card, Code, Group, NumberInput, Stack, Text, Textarea, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { problemOf, unreachable } from '../api/client.js';
import { ErrorNote, Loaded } from '../shell/notes.js';
import { checkLog, type ReadFile, type Step, Unreadable, type Verdict } from '../verify/check-log.js';
import { forget, lastSeen, remember } from '../verify/seen-checkpoint.js';
import { ago, count } from '../words/numbers.js';

const route = getRouteApi('/verify');

/** The log's files, as this server gives them to everybody. A partial tile that has grown since is asked for whole. */
const fromServer: ReadFile = async (path) => {
  let answer = await get(path);
  const partial = /^(.*)\.p\/\d+$/.exec(path)?.[1];
  if (answer.status === 404 && partial !== undefined) answer = await get(partial);
  // A log that does not have what its own checkpoint signs is not sound. Any other refusal says nothing of the log.
  if (answer.status === 404 && path.startsWith('tile/')) throw new Error(`The log has no ${path}.`);
  if (!answer.ok) throw unread(path, await problemOf(answer));
  return new Uint8Array(await answer.arrayBuffer().catch(() => brokenOff(path)));
};

function get(path: string): Promise<Response> {
  return fetch(`/log/${path}`, { cache: 'no-store' }).catch(() => brokenOff(path));
}

function unread(path: string, cause: Error): Unreadable {
  return new Unreadable(`${path} could not be read: ${cause.message}`, { cause });
}

/** @throws Unreadable always */
function brokenOff(path: string): never {
  throw unread(path, unreachable());
}

/** Signature, consistency with what this browser saw before, and an entry's place: worked out here, not asked for. */
export function Verify() {
  const key = useQuery({
    queryKey: ['verifier key'],
    queryFn: async () => {
      const answer = await get('verifier.key');
      if (!answer.ok) throw await problemOf(answer);
      return answer.text();
    },
  });
  return (
    <Stack gap="lg">
      <Text>
        Nothing here is taken on trust: this browser reads the log’s files and works everything out by itself. The key
        is the one thing that you should have from somewhere else, the log’s operator or an auditor.
      </Text>
      <Loaded query={key} height={260}>
        {(served) => <Check served={served.trim()} />}
      </Loaded>
    </Stack>
  );
}

function Check({ served }: { served: string }) {
  const { index: asked } = route.useSearch();
  const [key, setKey] = useState(served);
  const navigate = useNavigate();
  const [index, setIndex] = useState<number | string>(asked ?? '');
  useEffect(() => setIndex(asked ?? ''), [asked]);
  const [steps, setSteps] = useState<readonly Step[]>([]);
  const [outcome, setOutcome] = useState<Verdict['outcome']>();
  const [isBusy, setBusy] = useState(false);
  const [seen, setSeen] = useState(lastSeen);

  const run = async () => {
    setBusy(true);
    setOutcome(undefined);
    void navigate({ to: '/verify', search: index === '' ? {} : { index: Number(index) }, replace: true });
    const told: Step[] = [];
    setSteps([]);
    const work = checkLog({
      read: fromServer,
      verifierKey: key,
      seen: seen?.note,
      index: index === '' ? undefined : Number(index),
    });
    for (let next = await work.next(); ; next = await work.next()) {
      if (next.done) {
        setOutcome(next.value.outcome);
        if (next.value.outcome === 'sound' && next.value.checkpoint) {
          remember(next.value.checkpoint.note);
          setSeen(lastSeen());
        }
        break;
      }
      told.push(next.value);
      setSteps([...told]);
    }
    setBusy(false);
  };

  return (
    <>
      <Card withBorder component="section" aria-label="What to check">
        <Stack>
          <Textarea
            label="The log’s key"
            description={
              key.trim() === served
                ? 'As this server says it. Better: paste the one that you were given.'
                : 'Another than the one this server gives.'
            }
            value={key}
            onChange={(event) => setKey(event.currentTarget.value)}
            autosize
            minRows={2}
            styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 13 } }}
          />
          <Group align="end">
            <NumberInput
              label="Entry"
              placeholder="the last one"
              min={0}
              allowDecimal={false}
              allowNegative={false}
              value={index}
              onChange={setIndex}
              w={180}
              hideControls
            />
            <Button onClick={() => void run()} loading={isBusy}>
              Check
            </Button>
          </Group>
          <Group gap="xs">
            <Text size="sm" c="dimmed">
              {seen
                ? `This browser saw the log ${ago(seen.at)}, when it had ${count(Number(seen.note.split('\n')[1]))} entries, and compares with that.`
                : 'This browser has not seen the log before: the next time it compares with this one.'}
            </Text>
            {seen ? (
              <Button
                size="compact-xs"
                variant="default"
                onClick={() => {
                  forget();
                  setSeen(undefined);
                }}
              >
                Forget it
              </Button>
            ) : null}
          </Group>
        </Stack>
      </Card>
      <Stack gap="sm" aria-live="polite" component="ol" p={0} m={0} style={{ listStyle: 'none' }}>
        {steps.map((step) => (
          <Card key={step.name} withBorder component="li" data-step={step.name} data-outcome={step.outcome}>
            <Group justify="space-between">
              <Title order={2} size="h5">
                {step.title}
              </Title>
              <Text fw={650} c={TONES[step.outcome]}>
                {SAID[step.outcome]}
              </Text>
            </Group>
            <Text size="sm">{step.says}</Text>
            {step.bytes === undefined ? null : (
              <details>
                <summary>The bytes</summary>
                <Code block style={{ maxHeight: 260, overflow: 'auto' }} tabIndex={0}>
                  {step.bytes}
                </Code>
              </details>
            )}
          </Card>
        ))}
      </Stack>
      <Told outcome={outcome} last={steps.at(-1)} retry={() => void run()} />
    </>
  );
}

const TONES = { right: 'good', wrong: 'var(--mantine-color-error)', unread: 'warn' };
const SAID = { right: '✓ right', wrong: '✗ wrong', unread: '? not read' };

/** What came of it. That a server did not answer is not what an auditor should ring somebody up about. */
function Told({
  outcome,
  last,
  retry,
}: {
  outcome: Verdict['outcome'] | undefined;
  last: Step | undefined;
  retry: () => void;
}) {
  switch (outcome) {
    case undefined:
      return null;
    case 'sound':
      return (
        <Alert color="good" title="The log is sound, as far as this was looked at" role="status">
          What is in it cannot be changed, taken out or put in without this check telling.
        </Alert>
      );
    case 'unread':
      return (
        <Stack gap="xs">
          <Text fw={500} role="status">
            It could not be read, so nothing is known of the log yet: neither that it is sound, nor that it is not.
          </Text>
          <ErrorNote error={(last?.cause?.cause as Error | undefined) ?? new Error(last?.says)} retry={retry} />
        </Stack>
      );
    case 'unsound':
      return (
        <Alert color="red" variant="outline" title={`Not sound: ${last?.title.toLowerCase() ?? ''}`} role="alert">
          {last?.says} Keep what you see here, and ask the log’s operator; the checkpoint that was seen before stays
          remembered.
        </Alert>
      );
  }
}
