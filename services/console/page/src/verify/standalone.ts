import { checkLog, type ReadFile, type Step } from './check-log.js';

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
    if (next.done) return tell(next.value.isSound);
    steps.append(told(next.value));
  }
}

/** A browser says where in the chosen folder a file was: `export/tile/0/000`. */
function fromFolder(files: readonly File[]): ReadFile {
  const byPath = new Map(files.map((file) => [file.webkitRelativePath.split('/').slice(1).join('/'), file]));
  return async (path) => {
    // Where a partial tile is asked for, one that has grown since will do.
    const file = byPath.get(path) ?? byPath.get(path.replace(/\.p\/\d+$/, ''));
    if (!file)
      throw new Error(files.length === 0 ? 'Choose the folder of the export.' : `There is no ${path} in this folder.`);
    return new Uint8Array(await file.arrayBuffer());
  };
}

function told({ name, title, says, isRight, bytes }: Step): HTMLLIElement {
  const item = document.createElement('li');
  item.dataset['step'] = name;
  item.dataset['right'] = String(isRight);
  const heading = document.createElement('h2');
  heading.textContent = `${isRight ? '✓' : '✗'} ${title}`;
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

function tell(isSound: boolean): void {
  verdict.className = isSound ? 'sound' : 'unsound';
  verdict.textContent = isSound
    ? 'The log is sound, as far as this was looked at.'
    : 'Not sound. Keep this folder as it is, and ask the log’s operator.';
}

function element<E extends HTMLElement>(selector: string, type: new () => E): E {
  const found = document.querySelector(selector);
  if (!(found instanceof type)) throw new Error(`no ${selector} in this page`);
  return found;
}
