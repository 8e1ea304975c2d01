/** Runs `daybook` in a process of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { WrongResult } from '../check.js';

const MAIN = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.js');

export interface Ran {
  /** Its output. */
  readonly out: string;
  /** Its duration. */
  readonly seconds: number;
}

export interface RunOptions {
  /** Settings, as variables. */
  readonly environment?: Readonly<Record<string, string>>;
  /** A module that is loaded before the program. */
  readonly preload?: URL;
  /** The allowed exit codes. Defaults to 0. */
  readonly codes?: readonly number[];
}

/** @throws WrongResult with its output when it ends with another code */
export async function runDaybook(args: readonly string[], { environment = {}, preload, codes = [0] }: RunOptions = {}): Promise<Ran> {
  const start = performance.now();
  const child = spawn(process.execPath, [...(preload ? ['--import', preload.href] : []), MAIN, ...args], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, said] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const [code] = (await once(child, 'close')) as [number | null];
  const seconds = (performance.now() - start) / 1000;
  if (code === null || !codes.includes(code)) throw new WrongResult(`daybook ${args[0] ?? ''} ended with ${code}. ${out}${said}`);
  return { out, seconds };
}
