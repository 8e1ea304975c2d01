/** A server that is started again when it was killed, as a service manager does, until it listens: what it needs may be away just then. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Server } from './server.js';

/** How often it is started before that is given up. */
const STARTS = 20;

export class KeptServer {
  #current: Promise<Server>;
  #retired = false;

  constructor(private readonly launch: () => Promise<Server>) {
    this.#current = this.#start();
  }

  /** The server that listens now, or will. */
  get current(): Promise<Server> {
    return this.#current;
  }

  /** kill -9. It is started again meanwhile. */
  async kill(): Promise<void> {
    await (await this.#current).stop('SIGKILL');
    this.#current = this.#start();
  }

  /** @throws Error with what it printed when it ended by itself */
  async mustRun(): Promise<void> {
    const server = await this.#current;
    try {
      process.kill(server.pid, 0);
    } catch (failure) {
      const { code, output } = await server.stop();
      throw new Error(`A server ended by itself with ${code}: ${output}`, { cause: failure });
    }
  }

  /** It is not started again. */
  retire(): void {
    this.#retired = true;
  }

  #start(): Promise<Server> {
    const started = (async () => {
      for (let failures = 1; ; failures += 1) {
        try {
          return await this.launch();
        } catch (failure) {
          if (this.#retired || failures === STARTS) throw failure;
          await sleep(200);
        }
      }
    })();
    // Whoever asks for it next is told.
    started.catch(() => undefined);
    return started;
  }
}
