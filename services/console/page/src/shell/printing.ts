import { useEffect, useLayoutEffect, useState } from 'react';
import { flushSync } from 'react-dom';

/** Whether the page is being put on paper. What a print shows otherwise than a screen is drawn before the browser goes on. */
export function usePrinting(): boolean {
  const [isPrinting, setPrinting] = useState(() => window.matchMedia('print').matches);
  useEffect(() => {
    const paper = window.matchMedia('print');
    const [begin, end] = [() => flushSync(() => setPrinting(true)), () => setPrinting(false)];
    const change = () => (paper.matches ? begin() : end());
    window.addEventListener('beforeprint', begin);
    window.addEventListener('afterprint', end);
    paper.addEventListener('change', change);
    return () => {
      window.removeEventListener('beforeprint', begin);
      window.removeEventListener('afterprint', end);
      paper.removeEventListener('change', change);
    };
  }, []);
  return isPrinting;
}

/** Paper is white, whatever the screen is. */
export function useLightPrint(): void {
  const isPrinting = usePrinting();
  useLayoutEffect(() => {
    const page = document.documentElement;
    const scheme = page.getAttribute('data-mantine-color-scheme');
    if (!isPrinting || scheme === null) return undefined;
    page.setAttribute('data-mantine-color-scheme', 'light');
    return () => page.setAttribute('data-mantine-color-scheme', scheme);
  }, [isPrinting]);
}
