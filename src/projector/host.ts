/** Starts the projector's thread, hears how far it is, starts it again when it dies, and ends it in peace. */
import { once } from 'node:events';
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

export class ProjectorHost {
  readonly #options: HostOptions;
  #worker: Worker | undefined;
  #stopping = false;

  constructor(options: HostOptions) {
    this.#options = options;
  }

  start(): void {
    let pause = 100;
    const launch = (): void => {
      const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: this.#options.config });
      this.#worker = worker;
      worker.on('message', (message: ProjectorMessage) => {
        pause = 100;
        if ('progress' in message) this.#options.onProgress(message.progress);
        else this.#options.onWarning(message.warning);
      });
      worker.on('error', (failure) => this.#options.onWarning(failure instanceof Error ? failure.message : String(failure)));
      worker.on('exit', () => {
        if (this.#stopping) return;
        setTimeout(launch, pause).unref();
        pause = Math.min(pause * 2, 10_000);
      });
    };
    launch();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    const worker = this.#worker;
    if (!worker || worker.threadId < 0) return;
    const exited = once(worker, 'exit');
    worker.postMessage('stop');
    await Promise.race([exited, sleep(GRACE_MS, undefined, { ref: false })]);
    await worker.terminate();
  }
}
