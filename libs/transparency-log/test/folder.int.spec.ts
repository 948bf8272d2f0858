import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { verifierKey } from '../src/signed-note.js';
import { FolderStorage } from '../src/storage.js';
import { verifyLog } from '../src/verify-log.js';
import { newKeys, sampleEntries, verifierOf, writeLog } from './sample-log.js';

const program = fileURLToPath(new URL('../../../infra/verify-log-go/', import.meta.url));
// Its one dependency comes from the module proxy, once.
const hasGo = spawnSync('go', ['mod', 'download'], { cwd: program, timeout: 60_000 }).status === 0;

describe('a log in a folder', () => {
  const keys = newKeys();
  const sizes = [1, 255, 256, 257, 1_000, 65_536, 70_000];
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fairlead-log-'));
    await writeLog(new FolderStorage(folder), keys, sampleEntries(70_000), sizes);
    writeFileSync(join(folder, 'verifier.key'), `${verifierKey(keys.origin, keys.publicKey)}\n`);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('verifies', async () => {
    const checkpoint = await verifyLog(new FolderStorage(folder), { log: verifierOf(keys), earlier: sizes });
    expect(checkpoint.size).toBe(70_000);
  });

  it('leaves nothing unfinished behind, and stays inside its folder', async () => {
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    expect(files.filter((name) => name.includes('unfinished'))).toEqual([]);
    for (const path of ['../outside', '/etc/passwd', 'tile/../../outside', 'tile//0', 'a\0b', ''])
      await expect(new FolderStorage(folder).read(path)).rejects.toThrow(
        'not the path of a log’s file'.replace('’', "'"),
      );
    expect(await new FolderStorage(folder).read('tile/9/000')).toBeUndefined();
    expect(await new FolderStorage(folder).read('checkpoint/000')).toBeUndefined();
  });

  const verifiedByGo = () =>
    spawnSync('go', ['run', '.', folder], { cwd: program, encoding: 'utf8', timeout: 120_000 });

  (hasGo ? it : it.skip)(
    `is read by Go's own implementation, every entry and every checkpoint${hasGo ? '' : ' (skipped: no Go here, or no modules for it)'}`,
    () => {
      const sound = verifiedByGo();
      expect(sound.stderr).toBe('');
      expect(sound.stdout).toContain('70000 entries included, 7 checkpoints consistent');
      expect(sound.status).toBe(0);

      const entries = join(folder, 'tile/entries/100');
      const bytes = readFileSync(entries);
      bytes.writeUInt8(bytes.readUInt8(9) ^ 1, 9);
      writeFileSync(entries, bytes);
      const broken = verifiedByGo();
      expect(broken.stderr).toContain('entry 25600');
      expect(broken.status).toBe(1);
    },
    240_000,
  );
});
