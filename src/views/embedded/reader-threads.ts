/** Reader threads: a query goes to the thread with the fewest queries. A thread that dies is replaced, and its queries are retried once. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { ViewsUnavailable } from '../port/query-errors.js';
import type { Answer, Answers, Query } from './query.js';

/** A message to a thread. */
export interface Asked {
  readonly id: number;
  readonly query: Query;
}

/** A message from a thread. */
export type Told =
  | { readonly id: number; readonly answer: Answer }
  | { readonly id: number; readonly failure: 'unavailable' | 'range' | 'other'; readonly message: string };

interface Waiting extends Asked {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
  attempts: number;
}

interface Thread {
  readonly worker: Worker;
  readonly asked: Map<number, Waiting>;
}

/** Queries that a thread has at most: the current one and the next. Others wait for the first free thread. */
const AHEAD = 2;
const ATTEMPTS = 2;

export class ReaderThreads {
  readonly #threads = new Set<Thread>();
  readonly #queue: Waiting[] = [];
  readonly #unanswered = new Set<Promise<Answer>>();
  #lastId = 0;
  #closing = false;
  readonly #file: string;
  readonly #size: number;
  readonly #script: URL;

  /** @param script the thread's script; its `workerData.file` is the file */
  constructor(file: string, size: number, script = new URL('./reader-thread.js', import.meta.url)) {
    this.#file = file;
    this.#size = size;
    this.#script = script;
  }

  /** @throws ViewsUnavailable when the file can't be read, or the thread died twice with this query. */
  ask<Kind extends keyof Answers>(query: Extract<Query, { readonly kind: Kind }>): Promise<Answers[Kind]> {
    const answer = new Promise<Answer>((resolve, reject) => {
      if (this.#closing) throw new ViewsUnavailable(`The threads that read ${this.#file} have stopped: this program is stopping.`);
      this.#lastId += 1;
      this.#queue.push({ id: this.#lastId, query, resolve, reject, attempts: 0 });
      this.#hand();
    });
    this.#unanswered.add(answer);
    const settled = () => this.#unanswered.delete(answer);
    answer.then(settled, settled);
    return answer as Promise<Answers[Kind]>;
  }

  /** Waits for running queries, then ends the threads. */
  async close(): Promise<void> {
    this.#closing = true;
    await Promise.allSettled(this.#unanswered);
    const ends = [...this.#threads].map(({ worker }) => once(worker, 'exit'));
    for (const { worker } of this.#threads) {
      worker.ref();
      worker.postMessage('close');
    }
    await Promise.all(ends);
  }

  #hand(): void {
    while (this.#queue.length > 0) {
      const thread = this.#free();
      const waiting = thread && this.#queue.shift();
      if (!waiting) return;
      waiting.attempts += 1;
      thread.asked.set(waiting.id, waiting);
      thread.worker.ref();
      thread.worker.postMessage({ id: waiting.id, query: waiting.query } satisfies Asked);
    }
  }

  /** An idle thread, otherwise a new one if the pool is not full, otherwise the one with the fewest queries unless it is full. */
  #free(): Thread | undefined {
    const [least] = [...this.#threads].sort((a, b) => a.asked.size - b.asked.size);
    if (least?.asked.size === 0) return least;
    if (this.#threads.size < this.#size) return this.#start();
    return least && least.asked.size < AHEAD ? least : undefined;
  }

  #start(): Thread {
    const thread: Thread = { worker: new Worker(this.#script, { workerData: { file: this.#file } }), asked: new Map() };
    this.#threads.add(thread);
    let cause: unknown;
    thread.worker.on('message', (told: Told) => this.#take(thread, told));
    thread.worker.on('error', (error) => {
      cause = error;
    });
    thread.worker.on('exit', () => this.#bury(thread, cause));
    return thread;
  }

  #take(thread: Thread, told: Told): void {
    const waiting = thread.asked.get(told.id);
    thread.asked.delete(told.id);
    if (thread.asked.size === 0) thread.worker.unref();
    if ('answer' in told) waiting?.resolve(told.answer);
    else waiting?.reject(errorOf(told.failure, told.message));
    this.#hand();
  }

  #bury(thread: Thread, cause: unknown): void {
    this.#threads.delete(thread);
    const again = [...thread.asked.values()].filter((waiting) => {
      if (waiting.attempts < ATTEMPTS) return true;
      waiting.reject(new ViewsUnavailable(`A thread that reads ${this.#file} died. Ask again; if it goes on, see the log.`, { cause }));
      return false;
    });
    this.#queue.unshift(...again);
    this.#hand();
  }
}

function errorOf(failure: 'unavailable' | 'range' | 'other', message: string): Error {
  if (failure === 'unavailable') return new ViewsUnavailable(message);
  return failure === 'range' ? new RangeError(message) : new Error(message);
}
