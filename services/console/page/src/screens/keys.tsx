import { Badge, Button, Card, Group, Radio, Stack, Table, Text, TextInput, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { api, dataOf } from '../api/client.js';
import { Confirm } from '../shell/confirm.js';
import { EmptyNote, Loaded } from '../shell/notes.js';
import { useSession } from '../shell/session.js';
import { ShownOnce } from '../shell/shown-once.js';
import { Told } from '../shell/told.js';
import { ago, moment } from '../words/numbers.js';
import { inOrder, madeWith, makerOf, type PartnerKey, readKeysOf, whatRevokingDoes } from './partner-keys.js';
import { PartyChoice } from './party-choice.js';

const route = getRouteApi('/keys');

const PAGE = 1_000;

/** Why a key is revoked that somebody may have who should not. */
const GOT_ABOUT = 'got-about';

/** The keys that speak for a partner, or for oneself: to make one, and to revoke one. */
export function Keys() {
  const { partner: own } = useSession();
  return own === null ? <OfAnyParty /> : <OfParty party={own} />;
}

function OfAnyParty() {
  const { partner } = route.useSearch();
  const navigate = useNavigate();
  return (
    <PartyChoice
      asked={partner}
      choose={(chosen) => void navigate({ to: '/keys', search: readKeysOf({ partner: chosen }) })}
    >
      {(party) => <OfParty key={party} party={party} />}
    </PartyChoice>
  );
}

function OfParty({ party }: { party: string }) {
  const keys = useQuery({ queryKey: ['keys', party], queryFn: () => allKeysOf(party) });
  const [told, setTold] = useState('');
  return (
    <Stack gap="lg">
      <Told>{told}</Told>
      <Loaded query={keys} height={280}>
        {(all) => (
          <Card withBorder component="section" aria-label="Keys">
            <Stack gap="sm">
              <Group justify="space-between" gap="sm">
                <Title order={2} size="h4">
                  {sentenceOf(all.filter(({ revokedAt }) => revokedAt === null).length, party)}
                </Title>
                <MakeKey party={party} told={setTold} />
              </Group>
              {all.length === 0 ? (
                <EmptyNote>
                  Nothing can answer in the name of {party} yet. A key that is made here lets a program in, or a person
                  by “Sign in”.
                </EmptyNote>
              ) : (
                <KeyList keys={inOrder(all)} party={party} told={setTold} />
              )}
            </Stack>
          </Card>
        )}
      </Loaded>
    </Stack>
  );
}

function sentenceOf(valid: number, party: string): string {
  if (valid === 0) return `No key speaks for ${party}`;
  return valid === 1 ? `One key speaks for ${party}` : `${valid} keys speak for ${party}`;
}

async function allKeysOf(partnerId: string): Promise<PartnerKey[]> {
  const all: PartnerKey[] = [];
  for (let after: string | undefined = ''; after !== undefined;) {
    const query: { after?: string; limit: number } = { limit: PAGE, ...(after !== '' && { after }) };
    const page: { keys: PartnerKey[]; next?: string } = await dataOf(
      api.GET('/v1/partners/{partnerId}/keys', { params: { path: { partnerId }, query } }),
    );
    all.push(...page.keys);
    after = page.next;
  }
  return all;
}

function KeyList({ keys, party, told }: { keys: readonly PartnerKey[]; party: string; told: (text: string) => void }) {
  const { keyId: own } = useSession();
  const [asked, setAsked] = useState<PartnerKey>();
  const [why, setWhy] = useState<string>(GOT_ABOUT);
  const withMade = why === GOT_ABOUT;
  const queries = useQueryClient();
  const revoke = useMutation({
    mutationFn: ({ id }: PartnerKey) =>
      dataOf<{ revoked: number } | undefined>(
        api.DELETE('/v1/partners/{partnerId}/keys/{keyId}', {
          params: { path: { partnerId: party, keyId: id }, ...(withMade && { query: { withMade: 'true' } }) },
        }),
      ),
    onSuccess: (answer, { name }) => {
      setAsked(undefined);
      told(
        answer === undefined
          ? `“${name}” is revoked. Nothing gets in with it any more.`
          : `“${name}” is revoked, and all that was made with it: ${answer.revoked} of them ${answer.revoked === 1 ? 'was' : 'were'} valid. Is there any left that you do not know?`,
      );
      return queries.invalidateQueries({ queryKey: ['keys', party] });
    },
  });
  return (
    <>
      <Table.ScrollContainer minWidth={760} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
        <Table fz="sm" aria-label="Keys and when they were used">
          <Table.Thead>
            <Table.Tr>
              {['For', 'Id', 'Made (UTC)', 'Made with', 'Last used', 'State', 'Revoke'].map((column) => (
                <Table.Th key={column}>{column}</Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {keys.map((key) => (
              <Table.Tr key={key.id}>
                <Table.Td style={{ overflowWrap: 'anywhere', minWidth: 130 }}>{key.name}</Table.Td>
                <Table.Td>
                  <code>{key.id}</code>
                </Table.Td>
                <Table.Td>{moment(key.createdAt)}</Table.Td>
                <Table.Td style={{ overflowWrap: 'anywhere', minWidth: 90 }}>{makerOf(key, keys)}</Table.Td>
                <Table.Td>{key.lastUsed === null ? 'never' : ago(key.lastUsed)}</Table.Td>
                <Table.Td>
                  <KeyState isOwn={key.id === own} revokedAt={key.revokedAt} />
                </Table.Td>
                <Table.Td>
                  {key.revokedAt === null || madeWith(key, keys).length > 0 ? (
                    <Button
                      size="compact-sm"
                      variant="default"
                      aria-label={`Revoke ${key.name}`}
                      onClick={() => {
                        revoke.reset();
                        setWhy(GOT_ABOUT);
                        setAsked(key);
                      }}
                    >
                      Revoke…
                    </Button>
                  ) : null}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      <Confirm
        opened={asked !== undefined}
        close={() => setAsked(undefined)}
        title={`Revoke “${asked?.name ?? ''}”`}
        verb={withMade ? 'Revoke it and what it made' : 'Revoke it'}
        act={() => asked && revoke.mutate(asked)}
        isBusy={revoke.isPending}
        error={revoke.error}
      >
        {asked?.revokedAt === null ? (
          <Radio.Group label="Why" value={why} onChange={setWhy}>
            <Stack gap="xs" mt="xs">
              <Radio
                value={GOT_ABOUT}
                label="It has got about"
                description="Whoever has it may have made more keys with it: all that were made with it are revoked, too."
              />
              <Radio value="not-needed" label="It is not needed any more" description="It alone is revoked." />
            </Stack>
          </Radio.Group>
        ) : null}
        {asked &&
          whatRevokingDoes(asked, keys, { own, withMade }).map((sentence) => (
            <Text key={sentence} size="sm">
              {sentence}
            </Text>
          ))}
      </Confirm>
    </>
  );
}

function KeyState({ isOwn, revokedAt }: { isOwn: boolean; revokedAt: string | null }) {
  if (revokedAt !== null)
    return (
      <Badge color="gray" variant="light" className="state">
        revoked {moment(revokedAt).slice(0, 10)}
      </Badge>
    );
  return (
    <Badge color="good" variant="light" className="state">
      {isOwn ? 'valid, yours now' : 'valid'}
    </Badge>
  );
}

function MakeKey({ party, told }: { party: string; told: (text: string) => void }) {
  const [opened, { open, close }] = useDisclosure();
  const [name, setName] = useState('');
  const queries = useQueryClient();
  const make = useMutation({
    mutationFn: () =>
      dataOf(
        api.POST('/v1/partners/{partnerId}/keys', {
          params: { path: { partnerId: party } },
          body: { name: name.trim() },
        }),
      ),
    // Not a moment longer than it is looked at.
    gcTime: 0,
    onSuccess: () => {
      close();
      told('');
      return queries.invalidateQueries({ queryKey: ['keys', party] });
    },
  });
  return (
    <>
      <Button
        variant="default"
        className="no-print"
        onClick={() => {
          make.reset();
          setName('');
          open();
        }}
      >
        Make a key…
      </Button>
      <Confirm
        opened={opened}
        close={close}
        title={`A new key for ${party}`}
        verb="Make it"
        act={() => make.mutate()}
        isBusy={make.isPending}
        isReady={name.trim() !== ''}
        error={make.error}
      >
        <TextInput
          label="What it is for"
          description="A program or a person, so that you know it again when it is to be revoked."
          placeholder="our CRM"
          maxLength={200}
          required
          data-autofocus
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Text size="sm">
          Whoever has it sees and answers the leads of {party}. It is shown once: have a place for it ready.
        </Text>
      </Confirm>
      <ShownOnce secret={make.data?.key} title="The new key" close={make.reset}>
        Copy it to where it is used now. Nobody, we included, can show it again; what is kept of it opens nothing.
      </ShownOnce>
    </>
  );
}
