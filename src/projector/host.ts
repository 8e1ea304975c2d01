/** Starts the projector's thread, hears how far it is, starts it again when it dies, and ends it in peace. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Config } from '../config.js';
import type { Progress } from './projector.js';

export type ProjectorMessage = { readonly progress: readonly Progress[] } | { readonly warning: string };

export interface HostOptions {
  readonly config: Config;
  readonly onProgress: (progress: readonly Progress[]) => void;
  /** What an operator should know: a failure that is tried again, of log, store or the thread itself; a read model that begins anew. */
  readonly onWarning: (message: string) => void;
}

/** How long the thread may take to finish its page when it is asked to stop, in milliseconds. */
const GRACE_MS = 10_000;

/** The pause before a thread that died is started again, in milliseconds: twice as long each time, until one has lived for a while. */
const PAUSE = { first: 100, longest: 10_000, livedMs: 30_000 };

export class ProjectorHost {
  readonly #options: HostOptions;
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
    const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: this.#options.config });
    this.#worker = worker;
    worker.on('message', (message: ProjectorMessage) => {
      if ('progress' in message) this.#options.onProgress(message.progress);
      else this.#options.onWarning(message.warning);
    });
    worker.on('error', (failure) => this.#options.onWarning(failure instanceof Error ? failure.message : String(failure)));
    this.#exited = new Promise((resolve) => {
      worker.on('exit', () => {
        resolve();
        const due = performance.now() - started > PAUSE.livedMs ? PAUSE.first : pause;
        setTimeout(() => this.#launch(Math.min(due * 2, PAUSE.longest)), due).unref();
      });
    });
  }
}
