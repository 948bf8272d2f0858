import { useQuery, useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useEffect } from 'react';
import { api, ApiProblem, dataOf, type Schemas, rememberCsrfToken } from '../api/client.js';

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
  const session = useQuery({
    queryKey: ['session'],
    queryFn: async () => {
      try {
        const begun = await dataOf(api.GET('/console/session'));
        rememberCsrfToken(begun.csrfToken);
        await untilHere(begun);
        return begun;
      } catch (error) {
        if (error instanceof ApiProblem && error.status === 401) return null;
        throw error;
      }
    },
    staleTime: Infinity,
    retry: false,
  });
  useEndOfSession(session.data ?? null);
  if (session.isPending) return null;
  if (!session.data) return outside(session.error, () => void session.refetch());
  return <Current.Provider value={session.data}>{inside}</Current.Provider>;
}

/** A session that ended elsewhere, or by itself, ends here with the first answer that says so. */
function useEndOfSession(session: Session | null): void {
  const queries = useQueryClient();
  useEffect(() => {
    if (!session) return undefined;
    return queries.getQueryCache().subscribe(({ query }) => {
      const { error } = query.state;
      if (error instanceof ApiProblem && error.status === 401 && query.queryKey[0] !== 'session')
        queries.setQueryData(['session'], null);
    });
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
