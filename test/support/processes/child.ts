/** Child processes for tests of what survives a kill or happens in another process. They run the built program: `npm test` builds it. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { beforeRemoval } from '../folder.js';

export interface Child {
  readonly pid: number;
  /** What it has printed so far, line by line. */
  readonly lines: readonly string[];
  /** Resolves when it has printed this line, or `count` lines of any kind. @throws Error with its stderr when it ends before. */
  printed(what: string | number): Promise<void>;
  /** Resolves with its exit code when it has ended by itself. @throws Error with its stderr when the code isn't 0. */
  ended(): Promise<void>;
  /** kill -9; resolves when it is gone. */
  kill(): Promise<void>;
}

const running = new Set<Child>();

/** Kills the processes that a test left running, which would keep Jest waiting. */
export async function killChildren(): Promise<void> {
  await Promise.all([...running].map((child) => child.kill()));
}

beforeRemoval(killChildren);

/** Starts `test/support/processes/<script>` in a process of its own. */
export function startChild(script: string, ...args: readonly string[]): Child {
  const child = spawn(process.execPath, [join(import.meta.dirname, script), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const lines: string[] = [];
  let stderr = '';
  let changed = () => {};
  let gone = false;
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    changed();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const closed = new Promise<number | null>((resolve) => {
    child.on('close', (code) => {
      gone = true;
      changed();
      resolve(code);
    });
  });
  const started: Child = {
    pid: child.pid ?? 0,
    lines,
    async printed(what) {
      while (!(typeof what === 'number' ? lines.length >= what : lines.includes(what))) {
        if (gone) throw new Error(`${script} ended before it printed ${what}: ${stderr}`);
        await new Promise<void>((resolve) => {
          changed = resolve;
        });
      }
    },
    async ended() {
      const code = await closed;
      if (code !== 0) throw new Error(`${script} ended with ${code}: ${stderr}`);
    },
    async kill() {
      child.kill('SIGKILL');
      await closed;
    },
  };
  running.add(started);
  void closed.then(() => running.delete(started));
  return started;
}
