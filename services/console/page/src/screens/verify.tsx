import { Alert, Button, Card, Code, Group, NumberInput, Stack, Text, Textarea, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { ApiProblem } from '../api/client.js';
import { Loaded } from '../shell/notes.js';
import { checkLog, type ReadFile, type Step } from '../verify/check-log.js';
import { forget, lastSeen, remember } from '../verify/seen-checkpoint.js';
import { ago, count } from '../words/numbers.js';

const route = getRouteApi('/verify');

/** The log's files, as this server gives them to everybody. A partial tile that has grown since is asked for whole. */
const fromServer: ReadFile = async (path) => {
  const get = (of: string) => fetch(`/log/${of}`, { cache: 'no-store' });
  let answer = await get(path);
  const partial = /^(.*)\.p\/\d+$/.exec(path)?.[1];
  if (answer.status === 404 && partial !== undefined) answer = await get(partial);
  if (!answer.ok) throw new ApiProblem(answer.status, `${path} cannot be had`, undefined, undefined);
  return new Uint8Array(await answer.arrayBuffer());
};

/** Signature, consistency with what this browser saw before, and an entry's place: worked out here, not asked for. */
export function Verify() {
  const key = useQuery({
    queryKey: ['verifier key'],
    queryFn: async () => new TextDecoder().decode(await fromServer('verifier.key')),
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
  const [index, setIndex] = useState<number | string>(asked ?? '');
  const [steps, setSteps] = useState<readonly Step[]>([]);
  const [isSound, setSound] = useState<boolean>();
  const [isBusy, setBusy] = useState(false);
  const [seen, setSeen] = useState(lastSeen);

  const run = async () => {
    setBusy(true);
    setSound(undefined);
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
        setSound(next.value.isSound);
        if (next.value.isSound && next.value.checkpoint) {
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
          <Card key={step.name} withBorder component="li" data-step={step.name} data-right={step.isRight}>
            <Group justify="space-between">
              <Title order={2} size="h5">
                {step.title}
              </Title>
              <Text fw={650} c={step.isRight ? 'good' : 'red.9'}>
                {step.isRight ? '✓ right' : '✗ wrong'}
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
      {isSound === undefined ? null : isSound ? (
        <Alert color="good" title="The log is sound, as far as this was looked at" role="status">
          What is in it cannot be changed, taken out or put in without this check telling.
        </Alert>
      ) : (
        <Alert
          color="red"
          variant="outline"
          title={`Not sound: ${steps.at(-1)?.title.toLowerCase() ?? ''}`}
          role="alert"
        >
          {steps.at(-1)?.says} Keep what you see here, and ask the log’s operator; the checkpoint that was seen before
          stays remembered.
        </Alert>
      )}
    </>
  );
}
