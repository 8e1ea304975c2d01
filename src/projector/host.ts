/** Starts the projector's thread, hears what it has to say, starts it again when it dies, and ends it in peace. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { messageOf } from '../kernel/message-of.js';
import type { Config } from '../config.js';
import { newHolder } from './holders.js';
import type { BatchReport } from './options.js';

/** What the thread is given. */
export interface ProjectorTask {
  readonly config: Config;
  /** Every thread of this host holds its leases under this name, so that one that died keeps none from the next. */
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
  /** A build that does not go on, and why. */
  readonly onStop: (build: string, error: string) => void;
  /** What an operator should know: a failure that is tried again, of log, store or the thread itself. */
  readonly onWarning: (message: string) => void;
}

/**
 * The memory that the thread has for what lives briefly, in MB: what a page of events becomes fits in, so that hardly any of it is copied by
 * the collector on its way to the commit. V8 divides it by three; with its own 48 a rebuild is a quarter slower, with 192 hardly faster.
 */
export const THREAD_LIMITS = { maxYoungGenerationSizeMb: 96 } as const;

/** How long the thread may take to finish its page when it is asked to stop, in milliseconds. */
const GRACE_MS = 10_000;

/** The pause before a thread that died is started again, in milliseconds: twice as long each time, until one has lived for a while. */
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

  /** @param pause before the next one, should this one die soon */
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
