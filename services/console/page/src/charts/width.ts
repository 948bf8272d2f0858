import { useElementSize } from '@mantine/hooks';

/** The room that a chart has, so that its text keeps its size on every screen; 640 before it is known, and in print. */
export function useRoom() {
  const { ref, width } = useElementSize<HTMLDivElement>();
  return { ref, width: Math.max(240, width || 640) };
}
