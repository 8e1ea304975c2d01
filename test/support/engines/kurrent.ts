/** The server for tests of the EventStoreDB and KurrentDB adapter, as a test starts, disturbs, kills and restarts it. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Endpoint, Orders } from './kurrent-server/faults.js';
import type { Certified } from './certificates.js';
import { beginWithOthers } from './kurrent-server/others.js';
import type { Order } from './kurrent-server/main.js';
import type { Like } from './kurrent-server/versions.js';

export interface KurrentServer {
  readonly port: number;
  /** To connect with. */
  readonly url: string;
  /** What goes wrong from now on; what isn't named stays as it is. */
  faults(faults: Orders): Promise<void>;
  /** Breaks every connection. */
  drop(): Promise<void>;
  /** How often each method of the protocol has been called since the server started. Appends that share a stream of appends are one call. */
  calls(): Promise<Readonly<Record<string, number>>>;
  /** Writes a record of the server's own. */
  system(stream: string, type: string): Promise<void>;
  lead(): Promise<void>;
  follow(leader: Endpoint): Promise<void>;
  /** Stops the process where it is: nothing is read from its connections any more, until it is thawed. */
  freeze(): void;
  thaw(): void;
  /** kill -9. */
  kill(): Promise<void>;
  /** Starts it again on its file and its port. */
  restart(): Promise<void>;
  /** Ends it and removes its file. */
  dispose(): Promise<void>;
}

interface Options {
  /** Its file; a temporary one unless given. */
  readonly file?: string;
  /** The line of versions that it answers as: 23.10 unless given. */
  readonly like?: Like;
  /** The version that it says it is, though it answers like another. */
  readonly version?: string;
  /** What it doesn't say that it can do: methods such as `batchappend`, and features such as `read:events`. */
  readonly without?: readonly string[];
  /** Encrypts connections with this certificate. */
  readonly tls?: Certified;
  /** Whether a file that is not there yet begins with 20,000 records of other programs: so it does unless told otherwise. */
  readonly others?: boolean;
}

export async function startKurrentServer({ file, others = true, ...options }: Options = {}): Promise<KurrentServer> {
  const folder = file === undefined ? mkdtempSync(join(tmpdir(), 'daybook-kurrent-')) : undefined;
  const path = file ?? join(folder ?? '', 'kurrent.jsonl');
  if (others && !existsSync(path)) beginWithOthers(path);
  let { child, port } = await start(path, 0, options);
  let orders = 0;

  const send = (order: Order) =>
    new Promise<Readonly<Record<string, number>>>((resolve, reject) => {
      const id = (orders += 1);
      const gone = () => reject(new Error('The server is not running.'));
      const answered = (message: unknown) => {
        const answer = message as { readonly id: number; readonly calls: Readonly<Record<string, number>> };
        if (answer.id !== id) return;
        child.off('message', answered).off('exit', gone);
        resolve(answer.calls);
      };
      child.on('message', answered).once('exit', gone);
      child.send({ id, ...order });
    });
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };

  return {
    port,
    url: `kurrentdb://127.0.0.1:${port}?tls=${options.tls !== undefined}`,
    faults: async (faults) => {
      await send({ order: 'faults', faults });
    },
    drop: async () => {
      await send({ order: 'drop' });
    },
    calls: () => send({ order: 'calls' }),
    system: async (stream, type) => {
      await send({ order: 'system', stream, type });
    },
    lead: async () => {
      await send({ order: 'lead' });
    },
    follow: async (leader) => {
      await send({ order: 'follow', leader });
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    kill,
    async restart() {
      ({ child, port } = await start(path, port, options));
    },
    async dispose() {
      await kill();
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function start(
  path: string,
  port: number,
  options: Omit<Options, 'file' | 'others'>,
): Promise<{ child: ChildProcess; port: number }> {
  const child = fork(join(import.meta.dirname, 'kurrent-server', 'run.mjs'), [path, String(port), ...argumentsOf(options)], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    execArgv: [],
    env: { ...process.env, NODE_OPTIONS: '', ...(options.tls ? { KURRENT_SERVER_TLS: JSON.stringify(options.tls) } : {}) },
  });
  let said = '';
  const listening = await new Promise<number>((resolve, reject) => {
    child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      const found = /listening (\d+)/.exec(said)?.[1];
      if (found) resolve(Number(found));
    });
    child.once('exit', () => reject(new Error(`The server for tests ended before it listened: ${said}`)));
  });
  return { child, port: listening };
}

function argumentsOf({ like, version, without = [] }: Omit<Options, 'file' | 'others'>): readonly string[] {
  return [
    ...(like === undefined ? [] : ['--like', like]),
    ...(version === undefined ? [] : ['--version', version]),
    ...without.flatMap((name) => ['--without', name]),
  ];
}
