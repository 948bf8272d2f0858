import { Anchor, createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';

/** Deep sea blue. Shade 8 on white is 8.9 : 1, white on shade 6 is 6 : 1, and shade 4, of text, on the dark ground 5.7 : 1. */
const sea: MantineColorsTuple = [
  '#e8f4f8',
  '#d3e6ee',
  '#a8cddd',
  '#7ab3cb',
  '#6db3cf',
  '#2f7f9f',
  '#1b6a8a',
  '#125a77',
  '#0d4f6c',
  '#083c54',
];

/** For what went well, and for what somebody should look at; readable as text on the light ground of a badge. */
const good: MantineColorsTuple = [
  '#e6f5ee',
  '#cfe9dd',
  '#a3d6bf',
  '#73c19f',
  '#4cae84',
  '#2f9970',
  '#1f825d',
  '#186b4c',
  '#12573d',
  '#0b4530',
];
const warn: MantineColorsTuple = [
  '#fdf1e2',
  '#f8dfc0',
  '#f2c48c',
  '#eba757',
  '#e08c2c',
  '#c67213',
  '#a85d09',
  '#8a4a05',
  '#733c03',
  '#5c2f02',
];

export const theme = createTheme({
  primaryColor: 'sea',
  primaryShade: { light: 8, dark: 6 },
  colors: { sea, good, warn },
  autoContrast: true,
  luminanceThreshold: 0.32,
  fontFamily: 'ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, monospace',
  defaultRadius: 'sm',
  // A link within a text is told by more than its colour.
  components: { Anchor: Anchor.extend({ defaultProps: { underline: 'always' } }) },
  headings: { fontWeight: '650' },
  respectReducedMotion: true,
  cursorType: 'pointer',
});

/** The library’s own greys and reds for small text are below 4.5 : 1, which is too faint to be read by many. */
export const readable: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': '#55606b',
    '--mantine-color-placeholder': '#626c77',
    '--mantine-color-error': '#a61b1b',
    '--mantine-color-anchor': '#0d4f6c',
  },
  dark: {
    '--mantine-color-dimmed': '#aeb8c2',
    '--mantine-color-placeholder': '#97a2ad',
    '--mantine-color-error': '#ff9d94',
    '--mantine-color-anchor': '#8cc4dc',
  },
});
