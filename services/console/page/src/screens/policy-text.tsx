import { Alert, Button, Card, Group, Skeleton, Stack, Switch, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useBlocker, useNavigate } from '@tanstack/react-router';
import { lazy, type ReactNode, Suspense, useEffect, useMemo, useState } from 'react';
import { api, dataOf, type Schemas } from '../api/client.js';
import { Confirm } from '../shell/confirm.js';
import { ErrorNote } from '../shell/notes.js';
import { useSession } from '../shell/session.js';
import { Told } from '../shell/told.js';
import { moment } from '../words/numbers.js';
import { Which } from './policies.js';
import { PolicyActivation } from './policy-activation.js';
import { type Draft, isUnsaved, withSaved } from './policy-draft.js';
import { policyYaml } from './policy-yaml.js';
import { asYaml, Findings, usePolicyCheck } from './policy-check.js';

/** The editor is a third of all that the page is made of, and only who looks at a policy needs it. */
const PolicyEditor = lazy(async () => ({ default: (await import('./policy-editor.js')).PolicyEditor }));

/**
 * The policy to read and to change, and what can be done with it. What is typed stays here until it is saved as a draft.
 * @param against  the version that its changes are shown against, where there is one
 */
export function PolicyText({ policy, against }: { policy: Schemas['PolicyHistoryView']; against: number | undefined }) {
  const { role } = useSession();
  const mayWrite = role === 'admin' || role === 'manager';
  const saved = useMemo(() => policyYaml(policy.document), [policy.document]);
  const [draft, setDraft] = useState<Draft>({ text: saved, begunFrom: saved });
  const { text, begunFrom } = draft;
  const setText = (typed: string) => setDraft((before) => ({ ...before, text: typed }));
  // Another version is looked at, or what was typed was saved and is this one now.
  useEffect(() => setDraft((before) => withSaved(before, saved)), [saved]);
  const [showsChanges, setShowsChanges] = useState(false);
  const [told, setTold] = useState<ReactNode>();
  const { check, isCurrent } = usePolicyCheck(text, mayWrite);
  const before = useVersion(policy.name, against, showsChanges);
  const save = useSaving((said, sent) => {
    setTold(said);
    // It is not unsaved any more, though the server will say it without its comments; what was typed since is.
    setDraft((before) => ({ ...before, begunFrom: sent }));
  });
  const isChanged = text !== saved;
  const hasErrors = check.data?.findings.some(({ severity }) => severity === 'error') ?? false;
  const name = check.data?.name ?? policy.name;
  const isOvertaken = isUnsaved(draft) && begunFrom !== saved;

  return (
    <Card withBorder component="section" aria-label="The policy as it is written">
      <Stack gap="md">
        <Group justify="space-between" gap="sm">
          <Which policy={policy} />
          <Switch
            className="no-print"
            label={
              against === undefined || isOvertaken ? 'Show what I changed' : `Show changes since version ${against}`
            }
            checked={showsChanges}
            onChange={(event) => setShowsChanges(event.currentTarget.checked)}
          />
        </Group>
        {before.error ? <ErrorNote error={before.error} retry={() => void before.refetch()} /> : null}
        <Suspense fallback={<Skeleton h={380} role="progressbar" aria-label="Loading" />}>
          <PolicyEditor
            label={`The policy ${policy.name} as YAML`}
            text={text}
            change={setText}
            isReadOnly={!mayWrite}
            findings={mayWrite ? (check.data?.findings ?? []) : []}
            original={showsChanges ? (against === undefined || isOvertaken ? saved : before.data) : undefined}
          />
        </Suspense>
        {isOvertaken ? (
          <Alert color="warn" title={`Version ${policy.version} is not what you began from`} role="status">
            <Stack gap="xs">
              <Text size="sm">
                The key {policy.createdBy} wrote it at {moment(policy.createdAt)} UTC. What you typed stays as it is;
                saved, it becomes the version after, without what is new in that one.
              </Text>
              <Group gap="sm">
                <Button size="compact-sm" variant="default" onClick={() => setShowsChanges(!showsChanges)}>
                  {showsChanges ? 'Show mine alone' : `Show mine against version ${policy.version}`}
                </Button>
                <Button size="compact-sm" variant="default" onClick={() => setDraft({ text: saved, begunFrom: saved })}>
                  Drop mine, and take version {policy.version}
                </Button>
              </Group>
            </Stack>
          </Alert>
        ) : null}
        {mayWrite ? (
          <>
            <Findings check={check} isCurrent={isCurrent} />
            {save.error ? <ErrorNote error={save.error} /> : null}
            <Group gap="sm" className="no-print">
              <Button
                onClick={() => save.mutate({ name, text })}
                loading={save.isPending}
                disabled={!isChanged || !isCurrent || hasErrors}
              >
                {name === policy.name ? 'Save as draft' : `Save as draft of ${name}`}
              </Button>
              <PolicyActivation policy={policy} isChanged={isChanged} told={setTold} />
              {isChanged ? (
                <Button variant="default" onClick={() => setDraft({ text: saved, begunFrom: saved })}>
                  Undo my changes
                </Button>
              ) : null}
            </Group>
            <Text size="sm" c="dimmed">
              {isChanged
                ? 'Not saved yet. A draft changes nothing for any lead; it can be tried and compared before it is put in force.'
                : 'Change the text to write a new draft. Comments are not kept.'}
            </Text>
          </>
        ) : null}
        <Told>{told}</Told>
        <Unsaved draft={draft} drop={() => setDraft({ text: saved, begunFrom: saved })} />
      </Stack>
    </Card>
  );
}

/** Asks before what was typed goes away with its page: for another screen or version here, and for another site in the browser's own words. */
function Unsaved({ draft, drop }: { draft: Draft; drop: () => void }) {
  const leaving = useBlocker({ shouldBlockFn: always, disabled: !isUnsaved(draft), withResolver: true });
  return (
    <Confirm
      opened={leaving.status === 'blocked'}
      close={() => leaving.reset?.()}
      title="What you typed is not saved"
      verb="Leave, and drop it"
      act={() => {
        drop();
        leaving.proceed?.();
      }}
      isBusy={false}
      error={null}
    >
      <Text size="sm">Stay to save it as a draft, which changes nothing for any lead; or leave, and it is gone.</Text>
    </Confirm>
  );
}

function always(): boolean {
  return true;
}

function useVersion(name: string, version: number | undefined, isAsked: boolean) {
  return useQuery({
    queryKey: ['policies', name, 'version', version],
    queryFn: async () => {
      const path = { name, version: version ?? 1 };
      const { document } = await dataOf(api.GET('/v1/policies/{name}/versions/{version}', { params: { path } }));
      return policyYaml(document);
    },
    enabled: isAsked && version !== undefined,
    staleTime: Infinity,
  });
}

function useSaving(saved: (told: ReactNode, sent: string) => void) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: ({ name, text }: { name: string; text: string }) =>
      dataOf(api.PUT('/v1/policies/{name}', { params: { path: { name } }, body: text as never, ...asYaml })),
    onSuccess: async ({ name, version }, { text }) => {
      saved(`Saved as version ${version} of ${name}.`, text);
      await queries.invalidateQueries({ queryKey: ['policies'] });
      await navigate({ to: '/policies', search: { name, version }, ignoreBlocker: true });
    },
  });
}
