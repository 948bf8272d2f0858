import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Api } from '../api/client.js';
import { openFile } from '../import/rows.js';
import { reportOutcomes, type UntakenRow } from './report-outcomes.js';

const folder = mkdtempSync(join(tmpdir(), 'fairlead-outcomes-'));

interface Heard {
  readonly type: string;
  readonly lines: readonly string[];
}

/**
 * Sends a file to a stand-in, which remembers what came; what becomes of outcomes is tested with the real one.
 * @param answer  to a row; undefined: none
 */
async function reported(
  { name, content }: { readonly name: string; readonly content: string },
  answer: (line: string) => object | undefined = () => ({ status: 'taken' }),
  losesEvery = Infinity,
) {
  const path = join(folder, name);
  writeFileSync(path, content);
  const heard: Heard[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const type = String(request.headers['content-type']);
      const lines = Buffer.concat(chunks).toString().split('\n');
      heard.push({ type, lines });
      if (heard.length % losesEvery === 0) return request.socket.destroy();
      const rows = type === 'text/csv' ? lines.slice(1) : lines;
      const results = rows.flatMap((line, index) => {
        const result = answer(line);
        return result ? [{ index, ...result }] : [];
      });
      return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ results }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const api = new Api(
    { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, key: 'x' },
    { forMs: 10_000 },
  );
  const untaken: UntakenRow[] = [];
  try {
    const file = await openFile(path, undefined);
    const watch = { onProgress: () => undefined, onUntaken: (row: UntakenRow) => void untaken.push(row) };
    return { tally: await reportOutcomes(api, file, watch), untaken, heard };
  } finally {
    await api.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

describe('reporting outcomes from a file', () => {
  afterAll(() => rmSync(folder, { recursive: true }));

  it('sends a table in pieces, each with its header, and tells what became of every row', async () => {
    const rows = Array.from({ length: 1_201 }, (_, index) => `lead-${index},won`);
    const { tally, untaken, heard } = await reported(
      { name: 'deals.csv', content: ['lead,type', ...rows].join('\n') },
      (line) => {
        if (line === 'lead-7,won') return { status: 'refused', why: 'offer-expired', detail: 'Too late.' };
        if (line === 'lead-700,won') return { status: 'invalid', errors: [{ field: '/at', detail: 'is needed' }] };
        return { status: line === 'lead-1200,won' ? 'repeated' : 'taken' };
      },
    );
    expect(tally).toEqual({ rows: 1_201, taken: 1_198, repeated: 1, refused: 1, invalid: 1 });
    expect(untaken).toEqual([
      { row: 8, line: 9, status: 'refused', why: 'offer-expired (Too late.)' },
      { row: 701, line: 702, status: 'invalid', why: '/at: is needed' },
    ]);
    expect(heard.map(({ type, lines }) => [type, lines[0], lines.length])).toEqual([
      ['text/csv', 'lead,type', 501],
      ['text/csv', 'lead,type', 501],
      ['text/csv', 'lead,type', 202],
    ]);
  });

  it('sends a piece again when its answer was lost, and counts it once', async () => {
    const content = Array.from({ length: 600 }, (_, index) => JSON.stringify({ lead: String(index) })).join('\n');
    const { tally, heard } = await reported({ name: 'deals.ndjson', content }, undefined, 2);
    expect(tally).toEqual({ rows: 600, taken: 600, repeated: 0, refused: 0, invalid: 0 });
    expect(heard.map(({ lines }) => lines.length)).toEqual([500, 100, 100]);
  });

  it('sends no row that cannot be read, and tells of it in its place', async () => {
    const { tally, untaken } = await reported({
      name: 'broken.ndjson',
      content: '{"lead":"a"}\nno JSON\n{"lead":"b"}',
    });
    expect(tally).toEqual({ rows: 3, taken: 2, repeated: 0, refused: 0, invalid: 1 });
    expect(untaken).toEqual([{ row: 2, line: 2, status: 'invalid', why: 'row: Not JSON.' }]);
  });

  it('fails where a row is not answered: what it would print would be a lie', async () => {
    const unanswered = reported({ name: 'lost.csv', content: 'lead\na\nb' }, (line) =>
      line === 'b' ? undefined : { status: 'taken' },
    );
    await expect(unanswered).rejects.toThrow('The system did not answer row 2');
  });
});
