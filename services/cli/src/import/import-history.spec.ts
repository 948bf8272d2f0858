import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Mapping } from '@fairlead/decisions';
import { Api } from '../api/client.js';
import { contactIn, type HistoryTally, importHistory, takeDeal } from './import-history.js';
import { Rejections } from './rejections.js';
import { openFile } from './rows.js';
import type { RejectedRow } from './tally.js';

const folder = mkdtempSync(join(tmpdir(), 'fairlead-history-'));
const mapping: Mapping = {
  columns: {
    Id: 'externalId',
    Route: 'channel',
    Who: 'owner',
    Mail: 'email',
    Size: 'attributes.size',
    Result: 'outcome',
  },
  values: { channel: { House: 'direct', Partner: 'channel' } },
  constants: { phone: '+49 30 901820', occurredAt: '2024-01-01' },
};

describe('importing a history', () => {
  const sent: { path: string; lines: string[] }[] = [];
  let server: Server;
  let api: Api;
  let requests = 0;

  beforeAll(async () => {
    // A stand-in that remembers what it took, and loses each second answer; what it does with deals is tested with the real one.
    const known = new Set<string>();
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const lines = Buffer.concat(chunks).toString().split('\n');
        sent.push({ path: request.url ?? '', lines });
        const results = lines.map((line, index) => {
          const status = line.includes('"outcome":"?"') ? 'rejected' : known.has(line) ? 'known' : 'imported';
          known.add(line);
          return { index, status, ...(status === 'rejected' && { errors: [{ field: 'outcome', detail: 'Wrong.' }] }) };
        });
        requests += 1;
        if (requests % 2 === 1) request.socket.destroy();
        else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ results }));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    api = new Api({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, key: 'x' }, { forMs: 10_000 });
  });
  afterAll(async () => {
    await api.close();
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });

  async function imported(rows: readonly string[]): Promise<{ tally: HistoryTally; rejected: RejectedRow[] }> {
    const path = join(folder, 'deals.csv');
    writeFileSync(path, ['Id,Route,Who,Mail,Size,Result', ...rows].join('\n'));
    sent.length = 0;
    const rejected: RejectedRow[] = [];
    const tally = await importHistory(api, await openFile(path, mapping, takeDeal), 'our crm', {
      onProgress: () => undefined,
      onRejected: (row) => rejected.push(row),
    });
    return { tally, rejected };
  }

  it('sends deals in our fields, without contact data, and says which of them the mapping fills', async () => {
    await imported(['1,Partner,Nordwind,jane@example.com,4,won']);
    expect(sent.at(-1)).toEqual({
      path: '/v1/history?source=our%20crm',
      lines: [
        '{"externalId":"1","attributes":{"size":4},"occurredAt":"2024-01-01","channel":"channel","owner":"Nordwind","outcome":"won"}',
      ],
    });
    expect(contactIn(mapping)).toEqual(['email', 'phone']);
  });

  it('counts each row once, also those of which an answer was lost, and names what is rejected in its order', async () => {
    const rows = [
      '2,House,,,1,won',
      '3,Carrier pigeon,,,1,won',
      '4,House,,,1,?',
      '5,House,,,1,won,more',
      '6,House,,,1,lost',
    ];
    const { tally, rejected } = await imported(rows);
    expect(tally).toEqual({ rows: 5, imported: 0, changed: 0, known: 2, rejected: 3 });
    expect(rejected.map(({ row, line, errors }) => [row, line, errors[0]?.field])).toEqual([
      [2, 3, 'channel'],
      [3, 4, 'outcome'],
      [4, 5, 'row'],
    ]);
  });

  it('tells the first rows that are rejected, and how many more there are of each kind', () => {
    const said: string[] = [];
    const rejections = new Rejections({ say: (sentence) => said.push(sentence) });
    for (let row = 1; row <= 25; row += 1)
      rejections.tell({
        row,
        line: row + 1,
        errors: [{ field: row % 5 === 0 ? 'amount' : 'channel', detail: 'Wrong.' }],
      });
    rejections.conclude();
    expect(said).toHaveLength(21);
    expect(said[0]).toBe('row 1 (line 2) is rejected: channel: Wrong.');
    expect(said.at(-1)).toBe('5 more rows are rejected:\n  4  channel: Wrong.\n  1  amount: Wrong.');
  });
});
