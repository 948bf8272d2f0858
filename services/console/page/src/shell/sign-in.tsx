import { Anchor, Button, Container, Group, Image, PasswordInput, Stack, Text, Title } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { ErrorNote } from './notes.js';
import mark from './mark.svg';
import { begin } from './session.js';

/** For whoever has no session: a key, or the link that this page was opened by. */
export function SignIn({
  link,
  error,
  retry,
  entered,
}: {
  link?: string;
  error?: Error | null;
  /** Asks once more whether there is a session. */
  retry?: () => void;
  /** After the link was used. */
  entered?: () => void;
}) {
  const queries = useQueryClient();
  const [key, setKey] = useState('');
  const signIn = useMutation({
    mutationFn: begin,
    onSuccess: (session) => {
      // Not the session's own: whoever watches it would go on watching what is gone.
      queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'session' });
      queries.setQueryData(['session'], session);
      entered?.();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    signIn.mutate({ key: key.trim() });
  };
  return (
    <Container size={420} py={72} component="main">
      <Stack gap="lg">
        <Group gap="sm">
          <Image src={mark} w={36} h={36} alt="" />
          <Title order={1} size="h2">
            Fairlead
          </Title>
        </Group>
        <Text>
          Where every lead went, why, and what became of it. The same for the channel manager, the partner and the
          auditor.
        </Text>
        {error ? <ErrorNote error={error} {...(retry && { retry })} /> : null}
        {signIn.error ? <ErrorNote error={signIn.error} /> : null}
        {link !== undefined && !signIn.error ? (
          // Programs that scan mail follow links: looking at this page uses nothing up, only the button does.
          <Button size="md" loading={signIn.isPending} onClick={() => signIn.mutate({ link })} data-autofocus>
            Enter
          </Button>
        ) : (
          <form onSubmit={submit}>
            <Stack>
              <PasswordInput
                label="Key"
                description="An API key, flk_… It is sent once and not kept in the browser."
                value={key}
                onChange={(event) => setKey(event.currentTarget.value)}
                autoComplete="off"
                required
              />
              <Button type="submit" loading={signIn.isPending}>
                Sign in
              </Button>
            </Stack>
          </form>
        )}
        <Text size="sm" c="dimmed">
          No key? Whoever runs this server makes a link for you: <code>npx fairlead console</code>.{' '}
          <Anchor href="/docs" size="sm">
            The API
          </Anchor>{' '}
          says the same without a page.
        </Text>
      </Stack>
    </Container>
  );
}
