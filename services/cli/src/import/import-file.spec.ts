import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { Mapping } from '@fairlead/decisions';
import { Api } from '../api/client.js';
import { importFile } from './import-file.js';
import { openFile, type Row } from './rows.js';
import type { RejectedRow, Tally } from './tally.js';

/** A stand-in for the intake that remembers what it took; what it does with leads is tested with the real one. */
interface Intake {
  readonly url: string;
  readonly batches: {
    readonly type: string;
    readonly source: string;
    readonly key: string;
    readonly lines: string[];
  }[];
  close(): Promise<void>;
}

interface Behaviour {
  /** Loses the answer to every n-th request after having taken it. */
  readonly losesEvery?: number;
  readonly maxBytes?: number;
  readonly status?: (line: string) => string;
}

async function intake({
  losesEvery = 0,
  maxBytes = Infinity,
  status = () => 'received',
}: Behaviour = {}): Promise<Intake> {
  const batches: Intake['batches'] = [];
  const answers = new Map<string, string>();
  let requests = 0;
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      requests += 1;
      const text = Buffer.concat(chunks).toString();
      if (text.length > maxBytes) {
        response.writeHead(413).end(JSON.stringify({ title: 'Too large', detail: 'The body is too large.' }));
        return;
      }
      const key = String(request.headers['idempotency-key']);
      if (!answers.has(key)) {
        const type = String(request.headers['content-type']);
        const lines = text.split('\n');
        const source = new URL(`http://x${request.url ?? ''}`).searchParams.get('source') ?? '';
        batches.push({ type, source, key, lines });
        const rows = type === 'text/csv' ? lines.slice(1) : lines;
        const results = rows.map((line, index) => {
          const became = status(line);
          return {
            index,
            id: '…',
            status: became,
            ...(became === 'rejected' && { errors: [{ field: 'email', detail: 'Wrong.' }] }),
          };
        });
        answers.set(key, JSON.stringify({ results }));
      }
      if (losesEvery > 0 && requests % losesEvery === 0) request.socket.destroy();
      else response.writeHead(202, { 'content-type': 'application/json' }).end(answers.get(key));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    batches,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const folder = mkdtempSync(join(tmpdir(), 'fairlead-import-'));

describe('importing a file', () => {
  let running: Intake | undefined;
  let api: Api | undefined;

  afterAll(() => rmSync(folder, { recursive: true }));

  afterEach(async () => {
    await api?.close();
    await running?.close();
    api = undefined;
    running = undefined;
  });

  async function imported(
    file: { name: string; content: string | Buffer },
    { mapping, ...behaviour }: Behaviour & { mapping?: Mapping } = {},
  ): Promise<{ tally: Tally; rejected: RejectedRow[]; batches: Intake['batches']; leftOut: readonly string[] }> {
    const path = join(folder, file.name);
    writeFileSync(path, file.content);
    running = await intake(behaviour);
    api = new Api({ url: running.url, key: 'x' }, { forMs: 10_000 });
    const rejected: RejectedRow[] = [];
    const opened = await openFile(path, mapping);
    const tally = await importFile(api, opened, 'fair 2025', {
      onProgress: () => undefined,
      onRejected: (row) => rejected.push(row),
    });
    return { tally, rejected, batches: running.batches, leftOut: opened.leftOut };
  }

  const csv = (rows: number): string =>
    ['externalId,company', ...Array.from({ length: rows }, (_, row) => `${row},"Company, ${row}"`)].join('\n');

  it('sends CSV as it is when there is no mapping, each batch under the header', async () => {
    const { tally, batches } = await imported({ name: 'plain.csv', content: csv(1_001) });
    expect(tally).toEqual({ rows: 1_001, received: 1_001, merged: 0, held: 0, rejected: 0 });
    expect(
      batches.map(({ type, source, lines }) => ({ type, source, header: lines[0], rows: lines.length - 1 })),
    ).toEqual([
      { type: 'text/csv', source: 'fair 2025', header: 'externalId,company', rows: 500 },
      { type: 'text/csv', source: 'fair 2025', header: 'externalId,company', rows: 500 },
      { type: 'text/csv', source: 'fair 2025', header: 'externalId,company', rows: 1 },
    ]);
    expect(batches[0]?.lines[1]).toBe('0,"Company, 0"');
  });

  it('turns their columns and words into ours when there is a mapping, and says what it left out', async () => {
    const { batches, leftOut } = await imported(
      { name: 'mapped.csv', content: '\ufeffId;Land;Notiz;Visits\r\n7;Deutschland;x;3\r\n8;Select;;\r\n' },
      {
        mapping: {
          columns: { Id: 'externalId', Land: 'country', Visits: 'engagement.visits' },
          values: { country: { Deutschland: 'DE', Select: '' } },
          constants: { product: 'cloud' },
        },
      },
    );
    expect(leftOut).toEqual(['Notiz']);
    expect(batches[0]?.lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { externalId: '7', country: 'DE', engagement: { visits: 3 }, product: 'cloud' },
      { externalId: '8', product: 'cloud' },
    ]);
  });

  it('sends nothing when a column of the mapping is not there', async () => {
    const mapping = { columns: { Mail: 'email', Id: 'externalId' } };
    await expect(imported({ name: 'other.csv', content: 'Id,E-Mail\n1,2' }, { mapping })).rejects.toThrow(
      'The mapping does not fit the file.\n  The mapping names the column “Mail”, which is not there.',
    );
    expect(running?.batches ?? []).toEqual([]);
  });

  it.each([
    ['lines.ndjson', '{"externalId":"1"}\n\n{"externalId":"2","big":12345678901234567890}\n'],
    ['list.json', '[{"externalId":"1"},\n{"externalId":"2","big":12345678901234567890}]'],
    ['unknown', '[{"externalId":"1"},\n{"externalId":"2","big":12345678901234567890}]'],
  ])('sends JSON as it was written: %s', async (name, content) => {
    const { tally, batches } = await imported({ name, content });
    expect(tally.rows).toBe(2);
    expect(batches[0]).toMatchObject({
      type: 'application/x-ndjson',
      lines: ['{"externalId":"1"}', '{"externalId":"2","big":12345678901234567890}'],
    });
  });

  it('counts every row once, however many answers are lost on the way', async () => {
    const { tally, batches } = await imported({ name: 'lost.csv', content: csv(2_600) }, { losesEvery: 2 });
    expect(tally).toEqual({ rows: 2_600, received: 2_600, merged: 0, held: 0, rejected: 0 });
    expect(batches).toHaveLength(6);
    expect(new Set(batches.map(({ key }) => key)).size).toBe(6);
  });

  it('is another import each time: what came before is known by its content and not by its keys', async () => {
    const first = await imported({ name: 'again.csv', content: csv(1) });
    await api?.close();
    await running?.close();
    const second = await imported({ name: 'again.csv', content: csv(1) });
    expect(first.batches[0]?.key).not.toBe(second.batches[0]?.key);
  });

  it('adds up, and names each rejected row by its number, its line and the field', async () => {
    const words = ['received', 'merged', 'held', 'rejected'];
    const { tally, rejected } = await imported(
      { name: 'mixed.csv', content: 'id,note\n0,"two\nlines"\n1,\n\n2,\n3,\n0,\n' },
      {
        mapping: { columns: { id: 'externalId', note: 'message' } },
        status: (line) => words[Number((JSON.parse(line) as { externalId: string }).externalId)] ?? '',
      },
    );
    expect(tally).toEqual({ rows: 5, received: 2, merged: 1, held: 1, rejected: 1 });
    expect(rejected).toEqual([{ row: 4, line: 7, errors: [{ field: 'email', detail: 'Wrong.' }] }]);
  });

  it('rejects a row that is wrong in itself, and goes on with the others', async () => {
    const mapping = { columns: { Id: 'externalId', City: 'city' } };
    const latin1 = Buffer.from('Id,City\n1,Köln\n2,Bonn\n3,Bonn,more\n', 'latin1');
    const { tally, rejected } = await imported({ name: 'wrong.csv', content: latin1 }, { mapping });
    expect(tally).toEqual({ rows: 3, received: 1, merged: 0, held: 0, rejected: 2 });
    expect(rejected).toEqual([
      { row: 1, line: 2, errors: [expect.objectContaining({ field: 'City', rule: 'encoding' })] },
      { row: 3, line: 4, errors: [expect.objectContaining({ field: 'row', rule: 'cells' })] },
    ]);
  });

  it('rejects lines that are not JSON objects, in their place among the rejected, and goes on with the others', async () => {
    const content = '{"externalId":"1"}\n{"externalId":\n{"externalId":"3"}\n7\n{"externalId":"2"}';
    const status = (line: string): string => (line.includes('3') ? 'rejected' : 'received');
    const { tally, rejected } = await imported({ name: 'wrong.ndjson', content }, { status });
    expect(tally).toEqual({ rows: 5, received: 2, merged: 0, held: 0, rejected: 3 });
    expect(rejected.map(({ row, line }) => [row, line])).toEqual([
      [2, 2],
      [3, 3],
      [4, 4],
    ]);
  });

  it('halves a batch that is too large for the system, down to the row that is too large by itself', async () => {
    const content = ['a', 'b', 'c'.repeat(300), 'd'].map((id) => JSON.stringify({ externalId: id })).join('\n');
    const { tally, rejected, batches } = await imported({ name: 'large.ndjson', content }, { maxBytes: 100 });
    expect(tally).toEqual({ rows: 4, received: 3, merged: 0, held: 0, rejected: 1 });
    expect(rejected).toEqual([{ row: 3, line: 3, errors: [{ field: 'row', detail: 'The body is too large.' }] }]);
    expect(new Set(batches.map(({ key }) => key)).size).toBe(batches.length);
  });

  const all = async (rows: AsyncIterable<Row>) => (await Readable.from(rows).toArray()) as Row[];

  it.each([
    [
      'as Excel and Meta save it',
      Buffer.from('\ufeffid\tfull name\temail\n1\tŁucja “Ł” 🦊\tl@wide.example\n', 'utf16le'),
    ],
    [
      'with its bytes the other way round',
      Buffer.from('\ufeffid,full name,email\r\n1,Łucja “Ł” 🦊,l@wide.example\r\n', 'utf16le').swap16(),
    ],
  ])('reads UTF-16 %s', async (_, content) => {
    const path = join(folder, 'wide.csv');
    writeFileSync(path, content);
    const { rows, header } = await openFile(path, undefined);
    expect(header).toBe('id,full name,email');
    expect(await all(rows)).toEqual([{ number: 1, line: 2, text: '1,Łucja “Ł” 🦊,l@wide.example' }]);
  });

  it('reads UTF-16 of any length, and as JSON', async () => {
    const path = join(folder, 'wide.ndjson');
    const lead = { externalId: 'ł'.repeat(100) };
    writeFileSync(path, Buffer.from(`\ufeff${`${JSON.stringify(lead)}\n`.repeat(2_001)}`, 'utf16le'));
    const { rows } = await openFile(path, undefined);
    const texts = (await all(rows)).map((row) => ('text' in row ? row.text : ''));
    expect([texts.length, new Set(texts)]).toEqual([2_001, new Set([JSON.stringify(lead)])]);
  });

  it.each([
    ['missing.csv', undefined, 'cannot be read (ENOENT)'],
    ['empty.csv', '', 'The file is empty'],
    ['sheet.xlsx', Buffer.from('PK\u0003\u0004'), 'save the sheet as CSV'],
    ['packed.csv', Buffer.from([0x1f, 0x8b, 8]), 'gunzip it first'],
  ])('says plainly what is wrong with %s', async (name, content, message) => {
    const path = join(folder, name);
    if (content !== undefined) writeFileSync(path, content);
    await expect(openFile(path, undefined)).rejects.toThrow(message);
  });

  it('stops at a quotation mark that is never closed, after having sent what came before', async () => {
    const content = `${csv(600)}\n600,"open\n${'x\n'.repeat(200_000)}`;
    await expect(imported({ name: 'open.csv', content })).rejects.toThrow('a quotation mark is not closed');
    expect(running?.batches).toHaveLength(1);
  });
});
