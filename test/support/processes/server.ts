/** The built server in a process of its own, as a user starts it, on a port that is free. `npm test` builds it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { variablesOf } from '../engines/engines.js';
import { GraphqlClient } from '../api/graphql-client.js';
import { beforeRemoval } from '../folder.js';

/** The program of this checkout. */
const own = join(import.meta.dirname, '../../../dist/src/cli/main.js');

/** How long a server may take until it listens, in milliseconds, on a machine that does other things too. */
const START_MS = 120_000;

export interface Exit {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly output: string;
}

export interface Server extends GraphqlClient {
  readonly pid: number;
  /** Sends the signal and resolves when the process is gone. */
  stop(signal?: 'SIGTERM' | 'SIGINT' | 'SIGKILL'): Promise<Exit>;
  /** Resolves when every read model has caught up. */
  ready(): Promise<void>;
}

type Environment = Readonly<Record<string, string>>;

const running = new Set<() => Promise<unknown>>();

/** Kills the servers that a test left running. */
export async function stopServers(): Promise<void> {
  await Promise.all([...running].map((kill) => kill()));
}

beforeRemoval(stopServers);

/** Runs the program to its end. */
export async function runProgram(args: readonly string[], environment: Environment = {}): Promise<Exit> {
  return (await launch(args, environment)).exited;
}

/**
 * Serves a data folder and resolves when it listens.
 * @param program the path of the built command
 * @throws Error with what it printed when it ends before.
 */
export async function startServer(
  dataDir: string,
  environment: Environment = {},
  args: readonly string[] = [],
  program = own,
): Promise<Server> {
  const { child, exited, output } = await launch(['serve', '--port', '0', '--data-dir', dataDir, ...args], environment, program);
  const url = await new Promise<string>((resolve, reject) => {
    const late = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`The server did not listen within ${START_MS} ms: ${output()}`));
    }, START_MS);
    const look = (): void => {
      const found = /https?:\/\/127\.0\.0\.1:\d+/.exec(output());
      if (found) resolve(found[0]);
      if (found) clearTimeout(late);
    };
    child.stdout.on('data', look);
    child.stderr.on('data', look);
    void exited.then(({ code }) => {
      clearTimeout(late);
      reject(new Error(`The server ended with ${code}: ${output()}`));
    });
  });
  const client = new GraphqlClient(url);
  return Object.assign(client, {
    pid: child.pid ?? 0,
    stop: async (signal: NodeJS.Signals = 'SIGTERM') => {
      child.kill(signal);
      return exited;
    },
    ready: async () => {
      while ((await client.get('/health/ready')).status !== 200) await sleep(25);
    },
  });
}

/** On the engines that the tests run on, where a data folder is named. */
async function launch(args: readonly string[], environment: Environment, program = own) {
  const { PATH = '', HOME = '' } = process.env;
  const folder = args[args.indexOf('--data-dir') + 1];
  const engines = args.includes('--data-dir') && folder !== undefined ? await variablesOf(folder) : {};
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH, HOME, DAYBOOK_LOG_LEVEL: 'warn', ...engines, ...environment },
  });
  let printed = '';
  const keep = (chunk: Buffer): void => {
    printed += chunk.toString();
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const exited = once(child, 'close').then(([code]): Exit => ({ code: code as number | null, output: printed }));
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  running.add(kill);
  void exited.then(() => running.delete(kill));
  return { child, exited, output: () => printed };
}
