/** What a websocket was given to send and has not taken yet: where back-pressure is felt. */
import type { WebSocket } from 'ws';

/** Beyond so many bytes untaken, nothing more is read from the client: it can't make the server pile up answers. */
const MOST_UNTAKEN = 1_048_576;

export class Outlet {
  readonly #waiting = new Set<() => void>();
  #untaken = 0;
  /** When the socket last took something, on the clock of `performance`. */
  #tookAt = 0;

  constructor(private readonly socket: WebSocket) {}

  /** Hands over a message; one for a socket that is closing goes nowhere. */
  send(message: string): void {
    if (this.socket.readyState !== this.socket.OPEN) return;
    this.#untaken += 1;
    this.socket.send(message, () => this.#took());
    this.throttle();
  }

  /** Stops reading from a client that leaves too much untaken, until it has taken all. */
  throttle(): void {
    if (this.socket.bufferedAmount > MOST_UNTAKEN) this.socket.pause();
  }

  /** Resolves with true when the socket has taken everything, or is gone; with false when it takes nothing for so long, in milliseconds. */
  async taken(patienceMs: number): Promise<boolean> {
    const asked = performance.now();
    while (this.#untaken > 0) {
      const left = Math.max(asked, this.#tookAt) + patienceMs - performance.now();
      if (left <= 0) return false;
      await new Promise<void>((resolve) => {
        const go = (): void => {
          clearTimeout(timer);
          this.#waiting.delete(go);
          resolve();
        };
        const timer = setTimeout(go, left);
        this.#waiting.add(go);
      });
    }
    return true;
  }

  #took(): void {
    this.#untaken -= 1;
    this.#tookAt = performance.now();
    if (this.#untaken > 0) return;
    if (this.socket.isPaused) this.socket.resume();
    for (const go of [...this.#waiting]) go();
  }
}
