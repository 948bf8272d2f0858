import { type QueryClient, useQuery, useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useEffect } from 'react';
import { api, ApiProblem, dataOf, rememberCsrfToken, type Schemas, whenRefused } from '../api/client.js';

export type Session = Schemas['SessionView'];

const Current = createContext<Session | null>(null);

/** Whose session this is. Only below `Signed`. */
export function useSession(): Session {
  const session = useContext(Current);
  if (!session) throw new Error('useSession outside of a session');
  return session;
}

/** Shows `inside` to whoever has a session, and `outside` to whoever has none. */
export function Signed({
  untilHere,
  inside,
  outside,
}: {
  /** What `inside` shows first is not drawn before. */
  untilHere: (session: Session) => Promise<void>;
  inside: ReactNode;
  outside: (error: Error | null, retry: () => void) => ReactNode;
}) {
  const queries = useQueryClient();
  const session = useQuery({
    queryKey: ['session'],
    queryFn: async () => {
      try {
        const before = queries.getQueryData<Session | null>(['session']);
        const begun = await dataOf(api.GET('/console/session'));
        // Somebody else entered in another window of this browser. Nothing that is shown here may be taken for theirs, nor done in their name.
        if (before && !isSame(before, begun)) {
          window.location.reload();
          return before;
        }
        rememberCsrfToken(begun.csrfToken);
        if (!before) await untilHere(begun);
        return begun;
      } catch (error) {
        if (error instanceof ApiProblem && error.status === 401) return null;
        throw error;
      }
    },
    staleTime: Infinity,
    // A browser has one session, and another window may have begun it anew.
    refetchOnWindowFocus: 'always',
    retry: false,
  });
  useEndOfSession(queries, session.data ?? null);
  if (session.isPending) return null;
  if (!session.data) return outside(session.error, () => void session.refetch());
  return <Current.Provider value={session.data}>{inside}</Current.Provider>;
}

function isSame(one: Session, other: Session): boolean {
  return one.keyId === other.keyId && one.role === other.role && one.partner === other.partner;
}

/** A session that ended elsewhere, or by itself, ends here with the first answer that says so; one that was begun anew is asked for again. */
function useEndOfSession(queries: QueryClient, session: Session | null): void {
  useEffect(() => {
    if (!session) return undefined;
    whenRefused(({ status, type }) => {
      if (status === 401) queries.setQueryData(['session'], null);
      if (type === 'csrf-token-needed') void queries.invalidateQueries({ queryKey: ['session'] });
    });
    return () => whenRefused(undefined);
  }, [queries, session]);
}

export async function begin(proof: { readonly key?: string; readonly link?: string }): Promise<Session> {
  const session = await dataOf(api.POST('/console/session', { body: proof }));
  rememberCsrfToken(session.csrfToken);
  return session;
}

export async function end(): Promise<void> {
  await api.DELETE('/console/session');
  rememberCsrfToken(null);
}
