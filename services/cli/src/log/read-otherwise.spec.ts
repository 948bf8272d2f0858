import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readOtherwise } from './read-otherwise.js';

describe('what is to be put in the place of what was in force', () => {
  let folder: string;
  beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'fairlead-otherwise-'))));
  afterAll(() => rmSync(folder, { recursive: true }));

  function written(name: string, text: string | Buffer): string {
    const file = join(folder, name);
    writeFileSync(file, text);
    return file;
  }
  const partners = (name: string, text: string | Buffer) => readOtherwise({ partners: written(name, text) }).partners;
  /** What is said of a file, without the folder. */
  function wrong(read: () => unknown): string {
    try {
      read();
    } catch (error) {
      return (error as Error).message.replaceAll(`${folder}/`, '');
    }
    return 'nothing';
  }

  it('are partners by their ids, the same in each form that a file can have', () => {
    const acme = { id: 'acme', name: 'Acme', tier: 'gold', territories: ['DE', 'FR'], caps: { open: 5 } };
    const json = partners('roster.json', JSON.stringify([acme, { id: 'bolt', removed: true }]));
    expect([...(json ?? [])]).toMatchObject([
      ['acme', { id: 'acme', territories: ['DE', 'FR'], caps: { open: 5, perDay: Infinity } }],
      ['bolt', null],
    ]);
    const yaml =
      'partners:\n  - { id: acme, name: Acme, tier: gold, territories: [DE, FR], caps: { open: 5 } }\n  - { id: bolt, removed: true }\n';
    expect(partners('roster.yaml', yaml)).toEqual(json);
    expect(partners('roster.ndjson', `${JSON.stringify(acme)}\n\n{"id":"bolt","removed":true}\n`)).toEqual(json);
    const csv = '\ufeffid,name,tier,territories,open,removed\r\nacme,Acme,gold,DE; FR,5,\r\nbolt,,,,,TRUE\r\n';
    expect(partners('roster.csv', csv)).toEqual(json);
  });

  it('say what is wrong with them by file, line and key', () => {
    expect(
      wrong(() => partners('a.yaml', 'partners:\n  - id: acme\n    name: Acme\n    tier: gold\n    weigth: 3\n')),
    ).toBe('a.yaml is no roster:\n  line 2: partners[0] unknown key: weigth');
    expect(wrong(() => partners('b.csv', 'id,name,tier,weight\nacme,Acme,gold,heavy\nacme,Acme,gold,\n'))).toBe(
      'b.csv is no roster:\n  line 2: weight must be integer\n  line 3: id a second partner acme',
    );
    expect(wrong(() => partners('c.csv', 'id,nmae\nacme,Acme\n'))).toMatch(
      /^c\.csv is no roster:\n {2}line 1: unknown column: nmae; columns are id, /,
    );
    expect(wrong(() => partners('d.csv', 'id,name\nacme,"Acme\n'))).toMatch(
      /^d\.csv is no roster:\n {2}line \d: is not CSV: /,
    );
    expect(wrong(() => partners('e.ndjson', '{"id":"acme","removed":true}\n{\n'))).toBe(
      'e.ndjson is no roster:\n  line 2: is not JSON: each line is a partner',
    );
    expect(wrong(() => partners('f.json', '[{"id":"direct","name":"x","tier":"y"}]'))).toMatch(
      /line 1: \[0\]\.id must be the id of a partner/,
    );
    expect(wrong(() => partners('g.json', '{}'))).toMatch(/must be a list of partners/);
    expect(wrong(() => partners('h.csv', ''))).toMatch(/there is no column id/);
    expect(wrong(() => partners('i.yaml', Buffer.from([0xff, 0xfe, 0])))).toBe(
      'i.yaml is no roster:\n  it is not text in UTF-8',
    );
    expect(wrong(() => partners('j.yaml', ' '.repeat(600_000)))).toMatch(/write a longer one as \.ndjson or \.csv/);
    const model = written('model.yaml', 'kind: points\nname: m\nfit: { atMost: 60, factors: [] }\n');
    expect(wrong(() => readOtherwise({ model }))).toMatch(
      /^model\.yaml is no model:\n {2}line 1: missing: engagement\n/,
    );
    expect(wrong(() => readOtherwise({}))).toMatch(/^What should be otherwise\?/);
    expect(wrong(() => readOtherwise({ policy: folder }))).toMatch(/is no file\.$/);
    expect(wrong(() => readOtherwise({ policy: join(folder, 'none') }))).toBe('none cannot be read (ENOENT).');
  });
});
