import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { api, dataOf, type Schemas } from '../api/client.js';

export type Flow = Schemas['FlowView'];
export type HowLive = 'live' | 'asked for' | 'paused';

/** Where no stream gets through (a proxy that gathers answers, say), the same is asked for this often. */
const ASK_EVERY_MS = 5_000;
/** A stream that is announced and says nothing for so long is none. */
const SILENT_MS = 8_000;
/** A browser opens a stream again that broke off, and gives up one that was refused: while a server restarts, say. That is tried again here. */
const REOPEN_AFTER_MS = { first: 2_000, most: 60_000 };

/** What flows, as it changes: streamed where that works, else asked for; or as it was when it was paused. */
export function useFlow(minutes: number, isPaused: boolean) {
  const queries = useQueryClient();
  const [isStreaming, setStreaming] = useState(false);
  useEffect(() => {
    if (isPaused) return undefined;
    let stream: EventSource;
    let [silence, reopening]: ReturnType<typeof setTimeout>[] = [];
    let wait = REOPEN_AFTER_MS.first;
    const listen = () => {
      clearTimeout(silence);
      silence = setTimeout(() => setStreaming(false), SILENT_MS);
    };
    const open = () => {
      stream = new EventSource(`/v1/flow?minutes=${minutes}`);
      listen();
      stream.onmessage = ({ data }: MessageEvent<string>) => {
        listen();
        wait = REOPEN_AFTER_MS.first;
        setStreaming(true);
        queries.setQueryData(['flow', minutes], JSON.parse(data) as Flow);
      };
      stream.onerror = () => {
        setStreaming(false);
        if (stream.readyState !== EventSource.CLOSED) return;
        reopening = setTimeout(open, wait);
        wait = Math.min(2 * wait, REOPEN_AFTER_MS.most);
      };
    };
    open();
    return () => {
      clearTimeout(silence);
      clearTimeout(reopening);
      stream.close();
      setStreaming(false);
    };
  }, [minutes, isPaused, queries]);
  const query = useQuery({
    queryKey: ['flow', minutes],
    queryFn: () => dataOf(api.GET('/v1/flow', { params: { query: { minutes } } })),
    refetchInterval: isPaused || isStreaming ? false : ASK_EVERY_MS,
    // What is paused stands still; but of a window that was not looked at before there is nothing yet that could.
    ...(isPaused && { staleTime: Infinity, refetchOnWindowFocus: false, refetchOnReconnect: false }),
  });
  const how: HowLive = isPaused ? 'paused' : isStreaming ? 'live' : 'asked for';
  return { query, how };
}
