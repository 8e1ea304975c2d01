/** Hearing of changes of the file: at once within the process, by looking every 100 ms for what others commit. */
import { asError } from '../../kernel/as-error.js';
import type { Position } from '../../kernel/event.js';
import { NotYetThere, ViewsUnavailable } from '../errors.js';
import { channelOf } from './file.js';

const LOOK_EVERY_MS = 100;

export class Changes {
  private readonly channel: ReturnType<typeof channelOf>;
  private readonly listeners = new Set<() => void>();
  private readonly waiting = new Set<(error: Error) => void>();
  private timer: NodeJS.Timeout | undefined;
  private seen: number | undefined;

  /**
   * @param versionNow another number after each commit of another connection to the file; undefined while it can't be read. Looked at only
   *   while somebody listens or waits.
   */
  constructor(
    file: string,
    private readonly versionNow: () => number | undefined,
  ) {
    this.channel = channelOf(file);
    this.channel.onmessage = () => {
      if (this.listeners.size > 0) this.seen = this.versionNow();
      this.tell();
    };
  }

  /** Calls back after every change. @returns how to stop that */
  listen(listener: () => void): () => void {
    // The same function may listen twice.
    const own = () => listener();
    this.listeners.add(own);
    if (this.timer === undefined) {
      this.seen = this.versionNow();
      this.timer = setInterval(() => this.look(), LOOK_EVERY_MS).unref();
    }
    return () => {
      this.listeners.delete(own);
      if (this.listeners.size === 0) this.rest();
    };
  }

  /** Resolves once `positionNow()` is at least `position`. @throws NotYetThere after `timeoutMs`, and whatever `positionNow` throws. */
  reached(model: string, position: Position, timeoutMs: number, positionNow: () => Position): Promise<void> {
    return new Promise((resolve, reject) => {
      if (positionNow() >= position) {
        resolve();
        return;
      }
      const settle = (end: () => void) => {
        clearTimeout(timeout);
        stop();
        this.waiting.delete(giveUp);
        end();
      };
      const giveUp = (error: Error) => settle(() => reject(error));
      const look = (last: boolean) => {
        try {
          const now = positionNow();
          if (now >= position) settle(resolve);
          else if (last) giveUp(new NotYetThere(model, position, now));
        } catch (error) {
          giveUp(asError(error));
        }
      };
      const timeout = setTimeout(() => look(true), timeoutMs);
      const stop = this.listen(() => look(false));
      this.waiting.add(giveUp);
    });
  }

  close(): void {
    this.channel.close();
    this.rest();
    this.listeners.clear();
    for (const giveUp of [...this.waiting]) {
      giveUp(new ViewsUnavailable('The file of read models was closed while somebody waited for it.'));
    }
  }

  private look(): void {
    const now = this.versionNow();
    if (now !== undefined && now === this.seen) return;
    this.seen = now;
    this.tell();
  }

  private tell(): void {
    for (const listener of [...this.listeners]) listener();
  }

  private rest(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }
}
