/** A real server, started by `npm start`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const ROOT = join(import.meta.dirname, '..', '..', '..');

export interface Server {
  readonly port: number;
  /** From `npm start` until it was ready, in milliseconds. */
  readonly startMs: number;
  /** The end of its log. */
  head(): Promise<string>;
  /** Resident memory, in MB. */
  rssMb(): Promise<number>;
  /** Stops it. */
  stop(): Promise<void>;
}

export interface ServerOptions {
  /** The time limit for becoming ready. Defaults to two minutes. */
  readonly patienceMs?: number;
  /** Settings besides the folder, as variables. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Starts it and waits until it is ready. @throws Error with its output when it does not become ready */
export async function startServer(dataDir: string, { patienceMs = 120_000, environment = {} }: ServerOptions = {}): Promise<Server> {
  const port = await freePort();
  const start = performance.now();
  const child = spawn('npm', ['start', '--silent'], {
    cwd: ROOT,
    env: { ...process.env, ...environment, DAYBOOK_DATA_DIR: dataDir, DAYBOOK_PORT: String(port), DAYBOOK_LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  // npm does not forward signals, so the whole process group gets it. The pipe closes when the server has ended.
  const ended = once(child, 'close');
  const signal = () => child.exitCode === null && process.kill(-(child.pid ?? 0), 'SIGTERM');
  process.once('exit', signal);
  const stop = async () => {
    process.removeListener('exit', signal);
    signal();
    await ended;
  };
  const ready = async () => {
    const response = await fetch(`http://127.0.0.1:${port}/health/ready`).catch(() => undefined);
    await response?.arrayBuffer();
    return response?.status === 200;
  };
  while (!(await ready())) {
    if (child.exitCode !== null || performance.now() - start > patienceMs) {
      await stop();
      throw new Error(`The server on ${dataDir} did not become ready. ${said}`);
    }
    await sleep(10);
  }
  const startMs = performance.now() - start;
  return {
    port,
    startMs,
    async head() {
      // The server updates its head a few times per second.
      await sleep(500);
      return ((await (await fetch(`http://127.0.0.1:${port}/health/ready`)).json()) as { readonly head: string }).head;
    },
    async rssMb() {
      await sleep(200);
      const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      return Number(/^process_resident_memory_bytes (\S+)$/m.exec(metrics)?.[1]) / 1e6;
    },
    stop,
  };
}

async function freePort(): Promise<number> {
  const probe = createServer();
  probe.listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
