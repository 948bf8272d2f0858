import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { importsOf } from './fixture/imports.js';
import { madeEntries, POLICY, writeLog } from './fixture/made-log.js';
import { runFairlead } from './fixture/run-fairlead.js';

const hook = fileURLToPath(new URL('./fixture/no-network.mjs', import.meta.url));
const source = (path: string) => fileURLToPath(new URL(`../src/${path}`, import.meta.url));
/** A network of its own, in which there is nobody but the machine itself. */
const ALONE = ['unshare', '-n', 'sh', '-c', 'ip link set lo up 2>/dev/null; exec "$0" "$@"'];

describe('replay and what-if cannot cause effects', () => {
  let folder: string;
  let commands: string[][];
  let sink: Server;
  let port: number;
  let connections: number;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fairlead-no-effects-'));
    const dir = join(folder, 'log');
    writeLog(dir, madeEntries(100));
    const policy = join(folder, 'policy.json');
    const promise = { direct: 70, channel: 30 };
    writeFileSync(policy, JSON.stringify({ ...POLICY, pools: [{ ...POLICY.pools[0], promise }] }));
    commands = [
      ['replay', dir, '--json'],
      ['what-if', dir, '--policy', policy, '--json'],
    ];
    sink = createServer((socket) => {
      connections += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => sink.listen(0, '127.0.0.1', resolve));
    ({ port } = sink.address() as AddressInfo);
  });
  beforeEach(() => (connections = 0));
  afterAll(() => {
    sink.close();
    rmSync(folder, { recursive: true });
  });

  /** Everything that could lead them somewhere leads to the sink. */
  const tempting = () => {
    const url = `http://127.0.0.1:${port}`;
    return {
      DATABASE_URL: `postgres://any:any@127.0.0.1:${port}/any`,
      KEYS_DATABASE_URL: `postgres://any:any@127.0.0.1:${port}/any`,
      KAFKA_BROKERS: `127.0.0.1:${port}`,
      FAIRLEAD_URL: url,
      FAIRLEAD_PORT: String(port),
      FAIRLEAD_API_KEY: 'any',
      ...{ HTTP_PROXY: url, HTTPS_PROXY: url, ALL_PROXY: url, NODE_USE_ENV_PROXY: '1' },
    };
  };
  /** What a process with the hook in it reached for. */
  function watched(): { readonly env: NodeJS.ProcessEnv; readonly attempts: () => string[] } {
    const file = join(folder, 'attempts');
    writeFileSync(file, '');
    const attempts = () => readFileSync(file, 'utf8').split('\n').slice(0, -1);
    return { env: { ...tempting(), NETWORK_ATTEMPTS: file }, attempts };
  }

  it('they reach for nobody, whatever the environment offers, and load nothing that could', async () => {
    for (const args of commands) {
      const { env, attempts } = watched();
      const { code, stdout, stderr } = await runFairlead(args, { env, flags: ['--import', hook] });
      expect({ code, stderr, attempts: attempts(), connections }).toEqual({
        ...{ code: 0, stderr: '', attempts: [], connections: 0 },
      });
      expect(JSON.parse(stdout)).toMatchObject({ decisions: args[0] === 'replay' ? 200 : 100, undecidable: 0 });
    }
  });

  it('where there is no network at all they come to the same', async () => {
    const [program = '', ...args] = ALONE;
    if (spawnSync(program, [...args, 'true']).status !== 0) {
      console.warn('skipped: this machine gives no process a network of its own');
      return;
    }
    for (const each of commands) {
      const [here, there] = [await runFairlead(each), await runFairlead(each, { env: tempting(), under: ALONE })];
      const withoutMeasures = ({ stdout }: { stdout: string }) => ({
        ...(JSON.parse(stdout) as object),
        seconds: 0,
        memoryMb: 0,
      });
      expect(there).toMatchObject({ code: 0, stderr: '' });
      expect(withoutMeasures(there)).toEqual(withoutMeasures(here));
    }
  });

  it('a process that reaches for somebody is seen, by whatever way', async () => {
    const ways: [code: string, seen: RegExp][] = [
      [`(await import('node:net')).connect(${port}, '127.0.0.1')`, /^connect 127\.0\.0\.1:/],
      [`await fetch('http://127.0.0.1:${port}')`, /^connect 127\.0\.0\.1:/],
      [`(await import('node:http')).get('http://127.0.0.1:${port}')`, /^connect 127\.0\.0\.1:/],
      [`(await import('node:http2')).connect('http://127.0.0.1:${port}')`, /^connect 127\.0\.0\.1:/],
      [`(await import('node:tls')).connect(${port}, '127.0.0.1')`, /^connect 127\.0\.0\.1:/],
      [`(await import('node:net')).connect('${join(folder, 'nobody.sock')}')`, /^connect .*nobody\.sock$/],
      [`(await import('node:dgram')).createSocket('udp4').send('x', ${port}, '127.0.0.1')`, /^dgram send$/],
      [`await (await import('node:dns/promises')).resolve('example.com')`, /^dns resolve example\.com$/],
      [`const { lookup } = await import('node:dns'); lookup('example.com', () => {})`, /^dns lookup example\.com$/],
      [
        `await import('${fileURLToPath(new URL('../../../node_modules/kafkajs/index.js', import.meta.url))}')`,
        /^loads kafkajs$/,
      ],
    ];
    for (const [code, seen] of ways) {
      const { env, attempts } = watched();
      spawnSync(process.execPath, ['--import', hook, '--input-type=module', '-e', code], { env, timeout: 10_000 });
      expect(attempts()).toEqual(expect.arrayContaining([expect.stringMatching(seen)]));
    }
    expect(connections).toBe(0);
  });

  it('but for a server that it has started itself, on a port or a socket', () => {
    const socket = join(folder, 'own.sock');
    for (const [on, to] of [
      ["0, '127.0.0.1'", 'Number(String(said))'],
      [JSON.stringify(socket), JSON.stringify(socket)],
    ]) {
      const server = `
        const server = require('node:net').createServer((socket) => socket.end());
        server.listen(${on}, () => console.log(server.address().port));
        setTimeout(() => {}, 9_000);`;
      const code = `
        const { spawn } = await import('node:child_process');
        const net = await import('node:net');
        const child = spawn(process.execPath, ['-e', ${JSON.stringify(server)}], { env: {} });
        const said = await new Promise((resolve) => child.stdout.once('data', resolve));
        const socket = net.connect(${to});
        await new Promise((resolve) => socket.once('close', resolve));
        child.kill('SIGKILL');`;
      const { env, attempts } = watched();
      const { status, stderr } = spawnSync(process.execPath, ['--import', hook, '--input-type=module', '-e', code], {
        env,
        timeout: 10_000,
      });
      expect({ status, stderr: String(stderr), attempts: attempts() }).toEqual({ status: 0, stderr: '', attempts: [] });
    }
  });

  describe('nor could they, as their modules have nothing to do it with', () => {
    const CLIENTS =
      /^(?:kafkajs|undici|axios|fastify|@nestjs\/.*|(?:node:)?(?:http|https|http2|net|tls|dgram|dns)(?:\/.*)?)$/;
    // The embedded servers: replay keeps what it has read in a database of its own.
    const clientsIn = (file: string) =>
      [...importsOf([source(file)], /^infra\/local\//)].filter(([name]) => CLIENTS.test(name)).map(([, way]) => way);

    it.each(['log/replay.command.ts', 'log/what-if.command.ts', 'log/verify.command.ts'])('%s', (file) => {
      expect(clientsIn(file)).toEqual([]);
      expect([...importsOf([source(file)]).keys()]).toContain('libs/transparency-log/src/verify-log.ts');
    });

    it('of one that talks to the system it is told, and by what way', () => {
      expect(clientsIn('log/export.command.ts')).toEqual([
        [
          ...['log/export.command.ts', 'api/run-with-api.ts', 'api/client.ts'].map(
            (file) => `services/cli/src/${file}`,
          ),
          'undici',
        ],
      ]);
    });
  });
});
