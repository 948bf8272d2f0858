import { Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, dataOf } from '../api/client.js';
import { Loaded } from '../shell/notes.js';
import type { PolicySummary } from './policies.js';
import { PolicyDifferences } from './policy-differences.js';
import { PolicyHistory, VERSIONS } from './policy-history.js';
import { PolicyPreview } from './policy-preview.js';
import { PolicyProposals } from './policy-proposals.js';
import { PolicyText } from './policy-text.js';

export function OnePolicy({
  name,
  version,
  inForce,
}: {
  name: string;
  /** The newest, where none is said. */
  version: number | undefined;
  inForce: PolicySummary | undefined;
}) {
  const policy = useQuery({
    queryKey: ['policies', name, 'history', version],
    queryFn: () =>
      dataOf(api.GET('/v1/policies/{name}', { params: { path: { name }, query: { version, limit: VERSIONS } } })),
    // What is typed and what was told stay in sight while the version that was just saved is fetched.
    placeholderData: (before) => before,
  });
  return (
    <Loaded query={policy} height={480}>
      {(shown) => {
        // A change is measured by what is in force; where none of this name is, by what was written before.
        const active = inForce?.name === name ? inForce.version : undefined;
        const before = active ?? (shown.version > 1 ? shown.version - 1 : undefined);
        const against = before === shown.version ? undefined : before;
        return (
          <Stack gap="lg">
            <PolicyText policy={shown} against={against} />
            <PolicyProposals name={name} inForce={inForce} />
            <PolicyDifferences policy={shown} against={against} isInForce={active !== undefined} />
            <PolicyPreview key={shown.version} policy={shown} />
            <PolicyHistory policy={shown} />
          </Stack>
        );
      }}
    </Loaded>
  );
}
