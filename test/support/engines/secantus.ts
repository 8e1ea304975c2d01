/**
 * A server that speaks MongoDB's wire protocol, for tests: SecantusDB in a Python environment of its own, set up on first use under
 * node_modules/.cache. `MONGODB_URL` names a MongoDB to run the same tests on instead.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const VERSION = '0.7.0b3';
const cache = join(import.meta.dirname, '../../../node_modules/.cache/daybook');
const home = join(cache, `secantusdb-${VERSION}`);
const ready = join(home, 'ready');

export interface MongoServer {
  /** A connection string with a database that nobody else uses. */
  url(): string;
  /** kill -9, then the same server again on the same files. Not there on a MongoDB of the user's. */
  readonly restart?: () => Promise<void>;
  stop(): Promise<void>;
}

/**
 * The server for one test file, started.
 * @param options.durable whether it keeps what it acknowledged when it is killed: slower
 * @param options.standalone whether it is no replica set of one; a MongoDB of the user's is what it is
 * @returns undefined where it can't be had: the reason is printed, and in CI it is an error
 */
export async function mongoForTests({ durable = false, standalone = false } = {}): Promise<MongoServer | undefined> {
  const given = process.env['MONGODB_URL'];
  if (given !== undefined) return { url: () => withDatabase(given), stop: async () => undefined };
  const python = findPython();
  if (python === undefined) {
    const reason = 'Tests on MongoDB need Python 3.11 or later with venv (Debian: apt-get install python3-venv), or MONGODB_URL: skipped.';
    if (process.env['CI'] === 'true') throw new Error(reason);
    console.warn(reason);
    return undefined;
  }
  await install(python);
  return start([...(durable ? ['--sync-on-commit'] : []), ...(standalone ? ['--standalone'] : [])]);
}

function withDatabase(url: string): string {
  const [, servers = '', options = ''] = /^(mongodb(?:\+srv)?:\/\/[^/?]+)(?:\/[^?]*)?(\?.*)?$/.exec(url) ?? [];
  return `${servers}/daybook_test_${randomUUID().slice(0, 8)}${options}`;
}

function findPython(): string | undefined {
  const names = ['python3', 'python3.13', 'python3.12', 'python3.11', 'python'];
  const probe = 'import sys, venv, ensurepip; sys.exit(0 if sys.version_info >= (3, 11) else 1)';
  return names.find((name) => spawnSync(name, ['-c', probe]).status === 0);
}

/** One process installs; others wait for it, and take over from one that died over it. */
async function install(python: string): Promise<void> {
  const lock = `${home}.lock`;
  mkdirSync(cache, { recursive: true });
  while (!existsSync(ready)) {
    if (!taken(lock)) {
      await sleep(200);
      continue;
    }
    const alive = setInterval(() => utimesSync(lock, new Date(), new Date()), 1_000);
    try {
      if (existsSync(ready)) return;
      rmSync(home, { recursive: true, force: true });
      await run(python, '-m', 'venv', home);
      await run(join(home, 'bin/pip'), 'install', '--quiet', '--pre', `secantusdb==${VERSION}`);
      writeFileSync(ready, '');
    } finally {
      clearInterval(alive);
      rmSync(lock, { recursive: true, force: true });
    }
  }
}

const STALE_MS = 15_000;

function taken(lock: string): boolean {
  try {
    mkdirSync(lock);
    return true;
  } catch {
    const made = statSync(lock, { throwIfNoEntry: false })?.mtimeMs;
    if (made !== undefined && Date.now() - made > STALE_MS) rmSync(lock, { recursive: true, force: true });
    return false;
  }
}

async function run(command: string, ...args: readonly string[]): Promise<void> {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const code = await ended(child);
  if (code !== 0) throw new Error(`SecantusDB ${VERSION} could not be installed for tests on MongoDB (or give MONGODB_URL): ${errors}`);
}

function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
}

async function start(options: readonly string[]): Promise<MongoServer> {
  const folder = mkdtempSync(join(tmpdir(), 'daybook-mongo-'));
  const port = await freePort();
  let server = await serve(folder, port, options);
  const kill = async () => {
    const gone = ended(server);
    server.kill('SIGKILL');
    await gone;
  };
  return {
    // Its records for sending writes twice slow it down, and the adapter does without.
    url: () => withDatabase(`mongodb://127.0.0.1:${port}/?retryWrites=false`),
    async restart() {
      await kill();
      server = await serve(folder, port, options);
    },
    async stop() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function serve(folder: string, port: number, options: readonly string[]): Promise<ChildProcess> {
  const place = ['--host', '127.0.0.1', '--port', String(port), '--storage-path', folder];
  const args = [...place, '--log-level', 'ERROR', ...options];
  const child = spawn(join(home, 'bin/secantusd-py'), args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  while (!(await answers(port))) {
    if (child.exitCode !== null) throw new Error(`SecantusDB ended: ${errors}`);
    await sleep(50);
  }
  return child;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const settle = (reachable: boolean) => {
      socket.destroy();
      resolve(reachable);
    };
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}
