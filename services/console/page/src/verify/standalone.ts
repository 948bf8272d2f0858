import { checkLog, type ReadFile, type Step, Unreadable, type Verdict } from './check-log.js';

// The page that goes with an export: it works from the file system, needs no server, and asks nobody. Plain DOM, so that it stays small
// enough to be read.

const form = element('form', HTMLFormElement);
const key = element('#key', HTMLTextAreaElement);
const folder = element('#folder', HTMLInputElement);
const seen = element('#seen', HTMLTextAreaElement);
const index = element('#index', HTMLInputElement);
const steps = element('#steps', HTMLOListElement);
const verdict = element('#verdict', HTMLElement);

form.addEventListener('submit', (event) => {
  event.preventDefault();
  void check();
});

async function check(): Promise<void> {
  steps.replaceChildren();
  verdict.textContent = '';
  verdict.className = '';
  const work = checkLog({
    read: fromFolder([...(folder.files ?? [])]),
    verifierKey: key.value,
    seen: seen.value.trim() === '' ? undefined : `${seen.value.trimEnd()}\n`,
    index: index.value === '' ? undefined : Number(index.value),
  });
  for (let next = await work.next(); ; next = await work.next()) {
    if (next.done) return tell(next.value.outcome);
    steps.append(told(next.value));
  }
}

/** A browser says where in the chosen folder a file was: `export/tile/0/000`. */
function fromFolder(files: readonly File[]): ReadFile {
  const byPath = new Map(files.map((file) => [file.webkitRelativePath.split('/').slice(1).join('/'), file]));
  return async (path) => {
    // Where a partial tile is asked for, one that has grown since will do.
    const file = byPath.get(path) ?? byPath.get(path.replace(/\.p\/\d+$/, ''));
    if (files.length === 0) throw new Unreadable('Choose the folder of the export.');
    if (!file) throw new Error(`There is no ${path} in this folder.`);
    return new Uint8Array(
      await file.arrayBuffer().catch((error: Error) => {
        throw new Unreadable(`${path} could not be read: ${error.message}`);
      }),
    );
  };
}

const SIGNS = { right: '✓', wrong: '✗', unread: '?' };

function told({ name, title, says, outcome, bytes }: Step): HTMLLIElement {
  const item = document.createElement('li');
  item.dataset['step'] = name;
  item.dataset['outcome'] = outcome;
  const heading = document.createElement('h2');
  heading.textContent = `${SIGNS[outcome]} ${title}`;
  const sentence = document.createElement('p');
  sentence.textContent = says;
  item.append(heading, sentence);
  if (bytes !== undefined) {
    const details = document.createElement('details');
    const summary = document.createElement('summary');
    summary.textContent = 'The bytes';
    const shown = document.createElement('pre');
    shown.textContent = bytes;
    shown.tabIndex = 0;
    details.append(summary, shown);
    item.append(details);
  }
  return item;
}

const VERDICTS: Readonly<Record<Verdict['outcome'], string>> = {
  sound: 'The log is sound, as far as this was looked at.',
  unsound: 'Not sound. Keep this folder as it is, and ask the log’s operator.',
  unread: 'It could not be read, so nothing is known of it yet.',
};

function tell(outcome: Verdict['outcome']): void {
  verdict.className = outcome;
  verdict.textContent = VERDICTS[outcome];
}

function element<E extends HTMLElement>(selector: string, type: new () => E): E {
  const found = document.querySelector(selector);
  if (!(found instanceof type)) throw new Error(`no ${selector} in this page`);
  return found;
}
