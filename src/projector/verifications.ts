/** Verifications that a server runs: one at a time, each in a thread of its own. The last results are kept in memory. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { messageOf } from '../kernel/message-of.js';
import type { Config } from '../config.js';
import { NotReady } from '../views/port/errors.js';
import type { Verification } from './verification.js';
import type { VerifyMessage, VerifyTask } from './verification-worker.js';

export interface VerificationJob {
  readonly id: string;
  readonly readModels: readonly string[];
  readonly state: 'waiting' | 'building' | 'comparing' | 'done' | 'failed';
  /** Of the current step, from 0 to 1. */
  readonly progress: number;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly results: readonly Verification[];
  /** Why it failed; null otherwise. */
  readonly error: string | null;
}

/** How long a verification may take to clean up when the server stops, in milliseconds. */
const GRACE_MS = 5_000;

/** How many finished verifications are kept. */
const KEPT = 20;

/** How many may be running or queued. */
const MOST_AT_ONCE = 20;

type Request = Pick<VerifyTask, 'readModels' | 'unprojected'>;

export class Verifications {
  readonly #task: Omit<VerifyTask, keyof Request>;
  readonly #jobs = new Map<string, VerificationJob>();
  readonly #workers = new Set<Worker>();
  #last: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(config: Config, projections?: string) {
    this.#task = { config, ...(projections === undefined ? {} : { projections }) };
  }

  /**
   * Begins a verification, or queues it.
   * @throws NotReady when too many are queued
   */
  begin(request: Request): VerificationJob {
    const finished = [...this.#jobs.values()].filter(({ finishedAt }) => finishedAt !== null);
    if (this.#jobs.size - finished.length >= MOST_AT_ONCE) {
      throw new NotReady(`${MOST_AT_ONCE} verifications are running or queued. Try again when one of them has ended.`, 'readModels');
    }
    for (const forgotten of finished.slice(0, -KEPT)) this.#jobs.delete(forgotten.id);
    const id = randomUUID();
    const job: VerificationJob = {
      id,
      readModels: request.readModels,
      state: 'waiting',
      progress: 0,
      startedAt: new Date().toISOString(),
      finishedAt: null,
      results: [],
      error: null,
    };
    this.#jobs.set(id, job);
    this.#last = this.#last.then(() => this.#run(id, request));
    return job;
  }

  job(id: string): VerificationJob | undefined {
    return this.#jobs.get(id);
  }

  async close(): Promise<void> {
    this.#closed = true;
    // They delete their temporary stores first.
    for (const worker of this.#workers) worker.postMessage('stop');
    await Promise.race([this.#last, sleep(GRACE_MS, undefined, { ref: false })]);
    await Promise.all([...this.#workers].map((worker) => worker.terminate()));
    await this.#last;
  }

  #run(id: string, request: Request): Promise<void> {
    return new Promise((resolve) => {
      if (this.#closed) {
        resolve();
        return;
      }
      const set = (change: Partial<VerificationJob>): void => {
        const known = this.#jobs.get(id);
        if (known) this.#jobs.set(id, { ...known, ...change });
      };
      const end = (change: Partial<VerificationJob>): void => set({ ...change, progress: 1, finishedAt: new Date().toISOString() });
      const worker = new Worker(new URL('./verification-worker.js', import.meta.url), {
        workerData: { ...this.#task, ...request } satisfies VerifyTask,
      });
      this.#workers.add(worker);
      worker.on('message', (message: VerifyMessage) => {
        if ('verifications' in message) end({ state: 'done', results: message.verifications });
        else if ('failure' in message) end({ state: 'failed', error: message.failure });
        else set({ state: message.step === 'build' ? 'building' : 'comparing', progress: message.done / Math.max(1, message.total) });
      });
      worker.on('error', (failure) => end({ state: 'failed', error: messageOf(failure) }));
      worker.on('exit', () => {
        this.#workers.delete(worker);
        if (this.#jobs.get(id)?.finishedAt === null) end({ state: 'failed', error: 'It was stopped before it was done.' });
        resolve();
      });
    });
  }
}
