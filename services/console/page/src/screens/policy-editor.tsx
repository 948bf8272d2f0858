import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { yaml } from '@codemirror/lang-yaml';
import { HighlightStyle, indentOnInput, indentUnit, syntaxHighlighting } from '@codemirror/language';
import { type Diagnostic, lintGutter, lintKeymap, setDiagnostics } from '@codemirror/lint';
import { unifiedMergeView } from '@codemirror/merge';
import { Compartment, EditorState } from '@codemirror/state';
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { useEffect, useRef } from 'react';
import { styleNonce } from '../shell/nonce.js';
import type { Finding } from './policy-check.js';
import './policy-editor.css';

/**
 * A policy as text with the server's findings at their lines. The editor holds the text while somebody types; `text` replaces it only where
 * it is another one. Tab goes on to what is next on the page, as it does everywhere.
 * @param original  what its changes are shown against; undefined: they are not shown
 */
export function PolicyEditor({
  label,
  text,
  change,
  isReadOnly,
  findings,
  original,
}: {
  label: string;
  text: string;
  change: (text: string) => void;
  isReadOnly: boolean;
  findings: readonly Finding[];
  original: string | undefined;
}) {
  const frame = useRef<HTMLDivElement>(null);
  const editor = useRef<EditorView | null>(null);
  const changes = useRef(new Compartment());
  // The editor outlives a rendering, and tells whoever listens now.
  const tell = useRef(change);
  tell.current = change;

  useEffect(() => {
    const view = new EditorView({
      parent: frame.current as HTMLDivElement,
      doc: text,
      extensions: [
        EditorView.cspNonce.of(styleNonce),
        look,
        EditorView.contentAttributes.of({
          'aria-label': label,
          tabindex: '0',
          spellcheck: 'false',
          autocapitalize: 'off',
        }),
        EditorState.readOnly.of(isReadOnly),
        ...[lineNumbers(), lintGutter(), history(), drawSelection(), highlightActiveLine(), indentOnInput()],
        indentUnit.of('  '),
        yaml(),
        syntaxHighlighting(colours),
        EditorView.lineWrapping,
        keymap.of([...defaultKeymap, ...historyKeymap, ...lintKeymap]),
        EditorView.updateListener.of(({ docChanged, state }) => {
          if (docChanged) tell.current(state.doc.toString());
        }),
        changes.current.of([]),
      ],
    });
    editor.current = view;
    return () => {
      view.destroy();
      editor.current = null;
    };
    // What it begins with; what changes later comes in below.
  }, [label, isReadOnly]);

  useEffect(() => {
    const view = editor.current;
    if (view && view.state.doc.toString() !== text)
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
  }, [text]);

  useEffect(() => {
    const view = editor.current;
    view?.dispatch(
      setDiagnostics(
        view.state,
        findings.flatMap((finding) => marked(view.state, finding)),
      ),
    );
  }, [findings, label, isReadOnly]);

  useEffect(() => {
    const shown = original === undefined ? [] : unifiedMergeView({ original, mergeControls: false });
    editor.current?.dispatch({ effects: changes.current.reconfigure(shown) });
  }, [original, label, isReadOnly]);

  return <div ref={frame} className="policy-editor" />;
}

/** On the words of its line. What is said of the whole stands at the first; the text may have grown shorter since it was said. */
function marked({ doc }: EditorState, { line, severity, says }: Finding): Diagnostic[] {
  const { from, to, text } = doc.line(Math.min(Math.max(line, 1), doc.lines));
  return [{ from: from + text.length - text.trimStart().length, to, severity, message: says }];
}

const colours = HighlightStyle.define([
  { tag: tags.propertyName, class: 'yaml-key' },
  { tag: [tags.string, tags.content], class: 'yaml-text' },
  { tag: tags.comment, class: 'yaml-note' },
]);

/** A mark without a picture: the editor's own ones are images in an address, which the page's policy forbids. */
function mark(sign: string, colour: string) {
  return {
    content: 'normal',
    '&::before': {
      content: `"${sign}"`,
      color: colour,
      fontWeight: 700,
      fontSize: '13px',
      lineHeight: '1',
      textAlign: 'center',
      display: 'block',
    },
  };
}

const ERROR = 'var(--mantine-color-error)';
const WARNING = 'var(--mark-channel)';

const look = EditorView.theme({
  '&': { fontSize: '13px', color: 'var(--mantine-color-text)', backgroundColor: 'transparent' },
  '&.cm-focused': { outline: '2px solid var(--mantine-primary-color-filled)' },
  '.cm-scroller': {
    fontFamily: 'var(--mantine-font-family-monospace)',
    lineHeight: '1.55',
    minHeight: '240px',
    maxHeight: '560px',
  },
  '.cm-content': { caretColor: 'var(--mantine-color-text)' },
  '.cm-cursor': { borderLeftColor: 'var(--mantine-color-text)' },
  '.cm-gutters': {
    color: 'var(--mantine-color-dimmed)',
    backgroundColor: 'transparent',
    borderRight: '1px solid var(--mantine-color-default-border)',
  },
  '.cm-activeLine': { backgroundColor: 'color-mix(in srgb, var(--mark-direct) 8%, transparent)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    background: 'color-mix(in srgb, var(--mark-direct) 25%, transparent)',
  },
  '.cm-lintRange-error': { backgroundImage: 'none', textDecoration: `underline wavy ${ERROR}` },
  '.cm-lintRange-warning': { backgroundImage: 'none', textDecoration: `underline wavy ${WARNING}` },
  '.cm-lint-marker-error': mark('✕', ERROR),
  '.cm-lint-marker-warning': mark('!', WARNING),
  '.cm-tooltip, .cm-panels': {
    color: 'var(--mantine-color-text)',
    backgroundColor: 'var(--mantine-color-body)',
    border: '1px solid var(--mantine-color-default-border)',
  },
  '.cm-deletedChunk': { backgroundColor: 'color-mix(in srgb, var(--mantine-color-error) 10%, transparent)' },
  '.cm-deletedChunk .cm-deletedText': {
    background: 'none',
    textDecoration: 'line-through',
  },
  '&.cm-merge-b .cm-changedLine, & .cm-changedLine': {
    backgroundColor: 'color-mix(in srgb, var(--mark-good) 10%, transparent)',
  },
  '&.cm-merge-b .cm-changedText, & .cm-changedText': {
    background: 'color-mix(in srgb, var(--mark-good) 22%, transparent)',
  },
});
