/** The built `daybook` command in a process of its own, as a user runs it. `npm test` builds it. */
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeRemoval } from '../folder.js';

export interface Finished {
  /** The exit code; null when a signal ended it. */
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Running {
  kill(signal: NodeJS.Signals): void;
  /** Closes the reading end of its output, as `| head` does. */
  stopReading(): void;
  /** Resolves when it has printed so many lines on its standard output, or has ended. */
  printed(lines: number): Promise<void>;
  readonly finished: Promise<Finished>;
}

const processes = new Set<{ kill(signal: NodeJS.Signals): void }>();

/** Kills the processes that a test left running. */
async function killDaybooks(): Promise<void> {
  for (const child of processes) child.kill('SIGKILL');
}

beforeRemoval(killDaybooks);

/** Starts `daybook <args>`, without settings from the environment of the tests. */
export function daybook(...args: readonly string[]): Running {
  return daybookWith({}, ...args);
}

/** Starts `daybook <args>` with these variables. */
export function daybookWith(variables: Readonly<Record<string, string>>, ...args: readonly string[]): Running {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(DAYBOOK_|NODE_OPTIONS$)/.test(name));
  const environment = { ...Object.fromEntries(inherited), ...variables };
  const child = spawn(process.execPath, [resolve('dist/src/cli/main.js'), ...args], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  processes.add(child);
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const finished = new Promise<Finished>((done) => {
    child.on('close', (code) => {
      processes.delete(child);
      done({ code, out, err });
    });
  });
  return {
    kill: (signal) => void child.kill(signal),
    stopReading: () => void child.stdout.destroy(),
    async printed(lines) {
      while (out.split('\n').length <= lines && child.exitCode === null) await sleep(5);
    },
    finished,
  };
}
