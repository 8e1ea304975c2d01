/** Starts the projector's thread, receives its messages, restarts it when it dies, and stops it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { messageOf } from '../kernel/message-of.js';
import type { Config } from '../config.js';
import { newHolder } from '../leases/holders.js';
import type { BatchReport } from './options.js';

/** The input of the thread. */
export interface ProjectorTask {
  readonly config: Config;
  /** The lease holder of all threads of this host, so that a new thread takes over the leases of one that died. */
  readonly holder: string;
  /** A module that exports `projections`, when they are not this program's own. */
  readonly projections?: string;
}

export type ProjectorMessage =
  | { readonly batches: readonly BatchReport[] }
  | { readonly stopped: { readonly build: string; readonly error: string } }
  | { readonly warning: string };

export interface HostOptions extends Omit<ProjectorTask, 'holder'> {
  readonly onBatches: (batches: readonly BatchReport[]) => void;
  /** Called when a build stopped, with the error. */
  readonly onStop: (build: string, error: string) => void;
  /** Called with failures of log, store or thread that are retried. */
  readonly onWarning: (message: string) => void;
}

/**
 * The size of the thread's young generation, in MB. A page of events and its documents fit, so that the garbage collector hardly copies them. V8
 * uses a third of it. With V8's default of 48 a rebuild is a quarter slower; with 192 it is hardly faster.
 */
export const THREAD_LIMITS = { maxYoungGenerationSizeMb: 96 } as const;

/** How long the thread may take to finish its page when it is stopped, in milliseconds. */
const GRACE_MS = 10_000;

/** The pause before a restart, in milliseconds: doubled each time, until a thread has lived for `livedMs`. */
const PAUSE = { first: 100, longest: 10_000, livedMs: 30_000 };

export class ProjectorHost {
  readonly #options: HostOptions;
  readonly #holder = newHolder();
  #worker: Worker | undefined;
  #exited: Promise<void> = Promise.resolve();
  #stopping = false;

  constructor(options: HostOptions) {
    this.#options = options;
  }

  start(): void {
    this.#launch(PAUSE.first);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#worker?.postMessage('stop');
    await Promise.race([this.#exited, sleep(GRACE_MS, undefined, { ref: false })]);
    await this.#worker?.terminate();
  }

  /** @param pause before the next restart, if this thread dies soon */
  #launch(pause: number): void {
    if (this.#stopping) return;
    const started = performance.now();
    const { config, projections, onBatches, onStop, onWarning } = this.#options;
    const task: ProjectorTask = { config, holder: this.#holder, ...(projections === undefined ? {} : { projections }) };
    const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: task, resourceLimits: THREAD_LIMITS });
    this.#worker = worker;
    worker.on('message', (message: ProjectorMessage) => {
      if ('batches' in message) onBatches(message.batches);
      else if ('stopped' in message) onStop(message.stopped.build, message.stopped.error);
      else onWarning(message.warning);
    });
    worker.on('error', (failure) => onWarning(messageOf(failure)));
    this.#exited = new Promise((resolve) => {
      worker.on('exit', () => {
        resolve();
        const due = performance.now() - started > PAUSE.livedMs ? PAUSE.first : pause;
        setTimeout(() => this.#launch(Math.min(due * 2, PAUSE.longest)), due).unref();
      });
    });
  }
}
