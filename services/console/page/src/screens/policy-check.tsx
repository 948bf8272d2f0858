import { List, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { api, ApiProblem, dataOf } from '../api/client.js';
import { ErrorNote } from '../shell/notes.js';

/** As long as somebody thinks between two words; it is checked when they stop. */
const PAUSE_MS = 600;

/** What the server says of a line of a policy. Line 0: of the whole. */
export interface Finding {
  readonly line: number;
  readonly severity: 'error' | 'warning';
  readonly says: string;
}

/** YAML as it is, for what the server reads line by line. */
export const asYaml = {
  headers: { 'content-type': 'application/yaml' },
  bodySerializer: (body: unknown) => body as string,
};

/** What would be said if `text` were saved, asked for when typing pauses. */
export function usePolicyCheck(text: string, isAsked: boolean) {
  const [settled] = useDebouncedValue(text, PAUSE_MS);
  const check = useQuery({
    queryKey: ['policy check', settled],
    queryFn: () => checked(settled),
    enabled: isAsked,
    gcTime: 0,
    // While the next answer is on its way, the marks of the one before stay where they are.
    placeholderData: (before) => before,
  });
  return { check, isCurrent: settled === text && check.isSuccess && !check.isPlaceholderData };
}

async function checked(text: string): Promise<{ name: string | undefined; findings: readonly Finding[] }> {
  try {
    const { name, warnings } = await dataOf(api.POST('/v1/policies/check', { body: text as never, ...asYaml }));
    const findings = warnings.map(({ line, detail }) => ({
      line: line ?? 0,
      severity: 'warning' as const,
      says: detail,
    }));
    return { name, findings };
  } catch (error) {
    if (!(error instanceof ApiProblem && error.status === 400 && error.fields.length > 0)) throw error;
    return { name: undefined, findings: error.fields.map(asFinding) };
  }
}

/** Errors name their line in front: `line 7: must be a number`. */
function asFinding({ field, detail }: ApiProblem['fields'][number]): Finding {
  const [, line, said] = /^line (\d+): (.*)$/s.exec(detail) ?? [];
  return {
    line: Number(line ?? 0),
    severity: 'error',
    says: `${field === '' ? 'The policy' : `${field}:`} ${said ?? detail}`,
  };
}

/** The same below the editor, for whoever does not see its marks. */
export function Findings({ check, isCurrent }: ReturnType<typeof usePolicyCheck>) {
  if (check.error) return <ErrorNote error={check.error} retry={() => void check.refetch()} />;
  const findings = check.data?.findings ?? [];
  return (
    <div aria-live="polite">
      {isCurrent ? null : (
        <Text size="sm" c="dimmed">
          Checking…
        </Text>
      )}
      {isCurrent && findings.length === 0 ? (
        <Text size="sm" c="dimmed">
          Checked: nothing is wrong with it.
        </Text>
      ) : (
        <List size="sm">
          {findings.map(({ line, severity, says }) => (
            <List.Item key={`${line} ${says}`}>
              <Text
                span
                size="sm"
                fw={650}
                c={severity === 'error' ? 'var(--mantine-color-error)' : 'warn'}
                className="finding"
              >
                {severity === 'error' ? 'Error' : 'Warning'}
                {line > 0 ? `, line ${line}` : ''}:
              </Text>{' '}
              {says}
            </List.Item>
          ))}
        </List>
      )}
    </div>
  );
}
