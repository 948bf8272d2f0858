import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { api, dataOf, type Schemas } from '../api/client.js';

export type Flow = Schemas['FlowView'];
export type HowLive = 'live' | 'asked for' | 'paused';

/** Where no stream gets through (a proxy that gathers answers, say), the same is asked for this often. */
const ASK_EVERY_MS = 5_000;
/** A stream that is announced and says nothing for so long is none. */
const SILENT_MS = 8_000;

/** What flows, as it changes: streamed where that works, else asked for; or as it was when it was paused. */
export function useFlow(minutes: number, isPaused: boolean) {
  const queries = useQueryClient();
  const [isStreaming, setStreaming] = useState(false);
  useEffect(() => {
    if (isPaused) return undefined;
    const stream = new EventSource(`/v1/flow?minutes=${minutes}`);
    let silence = setTimeout(() => setStreaming(false), SILENT_MS);
    stream.onmessage = ({ data }: MessageEvent<string>) => {
      clearTimeout(silence);
      silence = setTimeout(() => setStreaming(false), SILENT_MS);
      setStreaming(true);
      queries.setQueryData(['flow', minutes], JSON.parse(data) as Flow);
    };
    stream.onerror = () => setStreaming(false);
    return () => {
      clearTimeout(silence);
      stream.close();
      setStreaming(false);
    };
  }, [minutes, isPaused, queries]);
  const query = useQuery({
    queryKey: ['flow', minutes],
    queryFn: () => dataOf(api.GET('/v1/flow', { params: { query: { minutes } } })),
    refetchInterval: isPaused || isStreaming ? false : ASK_EVERY_MS,
    enabled: !isPaused,
  });
  const how: HowLive = isPaused ? 'paused' : isStreaming ? 'live' : 'asked for';
  return { query, how };
}
