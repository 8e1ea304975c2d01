/** Threads that read: queries go to the one with the least to do; one that dies is replaced, and what it was asked is asked once more. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { ViewsUnavailable } from '../errors.js';
import type { Answer, Answers, Query } from './query.js';

/** To a thread. */
export interface Asked {
  readonly id: number;
  readonly query: Query;
}

/** From a thread. */
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

/** Given to a thread before it answered: one to work on, one to go on with. The rest waits for whichever is free first. */
const AHEAD = 2;
const ATTEMPTS = 2;

export class ReaderThreads {
  private readonly threads = new Set<Thread>();
  private readonly queue: Waiting[] = [];
  private readonly unanswered = new Set<Promise<Answer>>();
  private lastId = 0;
  private closing = false;

  /** @param script what a thread runs; it is given the file as `workerData.file` */
  constructor(
    private readonly file: string,
    private readonly size: number,
    private readonly script = new URL('./reader-thread.js', import.meta.url),
  ) {}

  /** @throws ViewsUnavailable when the file can't be read, or the thread died twice over this query. */
  ask<Kind extends keyof Answers>(query: Extract<Query, { readonly kind: Kind }>): Promise<Answers[Kind]> {
    const answer = new Promise<Answer>((resolve, reject) => {
      if (this.closing) throw new ViewsUnavailable(`The threads that read ${this.file} were ended: this program is ending.`);
      this.lastId += 1;
      this.queue.push({ id: this.lastId, query, resolve, reject, attempts: 0 });
      this.hand();
    });
    this.unanswered.add(answer);
    const settled = () => this.unanswered.delete(answer);
    answer.then(settled, settled);
    return answer as Promise<Answers[Kind]>;
  }

  /** Answers what has been asked, then ends the threads. */
  async close(): Promise<void> {
    this.closing = true;
    await Promise.allSettled(this.unanswered);
    const ends = [...this.threads].map(({ worker }) => once(worker, 'exit'));
    for (const { worker } of this.threads) {
      worker.ref();
      worker.postMessage('close');
    }
    await Promise.all(ends);
  }

  private hand(): void {
    while (this.queue.length > 0) {
      const thread = this.free();
      const waiting = thread && this.queue.shift();
      if (!waiting) return;
      waiting.attempts += 1;
      thread.asked.set(waiting.id, waiting);
      thread.worker.ref();
      thread.worker.postMessage({ id: waiting.id, query: waiting.query } satisfies Asked);
    }
  }

  /** An idle thread, else a new one while there are too few, else the one with the least to do unless it has enough. */
  private free(): Thread | undefined {
    const [least] = [...this.threads].sort((a, b) => a.asked.size - b.asked.size);
    if (least?.asked.size === 0) return least;
    if (this.threads.size < this.size) return this.start();
    return least && least.asked.size < AHEAD ? least : undefined;
  }

  private start(): Thread {
    const thread: Thread = { worker: new Worker(this.script, { workerData: { file: this.file } }), asked: new Map() };
    this.threads.add(thread);
    let cause: unknown;
    thread.worker.on('message', (told: Told) => this.take(thread, told));
    thread.worker.on('error', (error) => {
      cause = error;
    });
    thread.worker.on('exit', () => this.bury(thread, cause));
    return thread;
  }

  private take(thread: Thread, told: Told): void {
    const waiting = thread.asked.get(told.id);
    thread.asked.delete(told.id);
    if (thread.asked.size === 0) thread.worker.unref();
    if ('answer' in told) waiting?.resolve(told.answer);
    else waiting?.reject(errorOf(told.failure, told.message));
    this.hand();
  }

  private bury(thread: Thread, cause: unknown): void {
    this.threads.delete(thread);
    const again = [...thread.asked.values()].filter((waiting) => {
      if (waiting.attempts < ATTEMPTS) return true;
      waiting.reject(new ViewsUnavailable(`A thread that reads ${this.file} died. Ask again; if it goes on, see the log.`, { cause }));
      return false;
    });
    this.queue.unshift(...again);
    this.hand();
  }
}

function errorOf(failure: 'unavailable' | 'range' | 'other', message: string): Error {
  if (failure === 'unavailable') return new ViewsUnavailable(message);
  return failure === 'range' ? new RangeError(message) : new Error(message);
}
