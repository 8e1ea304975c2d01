/** The outgoing messages of a websocket, with backpressure. */
import type { WebSocket } from 'ws';

/** The limit of unsent bytes: beyond it, the server stops reading from the client, so that responses can't pile up. */
const MAX_UNSENT_BYTES = 1_048_576;

export class Outlet {
  readonly #socket: WebSocket;
  readonly #waiting = new Set<() => void>();
  #unsent = 0;
  /** When the last message was sent, by `performance.now()`. */
  #sentAt = 0;

  constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  /** Sends a message, unless the socket is closing. */
  send(message: string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#unsent += 1;
    this.#socket.send(message, () => this.#sent());
    this.throttle();
  }

  /** Stops reading from a client with too many unsent bytes, until all are sent. */
  throttle(): void {
    if (this.#socket.bufferedAmount > MAX_UNSENT_BYTES) this.#socket.pause();
  }

  /** Resolves with true when everything is sent or the socket is closed, and with false when nothing is sent for `patienceMs`. */
  async drained(patienceMs: number): Promise<boolean> {
    const start = performance.now();
    while (this.#unsent > 0) {
      const left = Math.max(start, this.#sentAt) + patienceMs - performance.now();
      if (left <= 0) return false;
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          clearTimeout(timer);
          this.#waiting.delete(wake);
          resolve();
        };
        const timer = setTimeout(wake, left);
        this.#waiting.add(wake);
      });
    }
    return true;
  }

  #sent(): void {
    this.#unsent -= 1;
    this.#sentAt = performance.now();
    if (this.#unsent > 0) return;
    if (this.#socket.isPaused) this.#socket.resume();
    for (const wake of [...this.#waiting]) wake();
  }
}
