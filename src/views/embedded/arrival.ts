/** Waiting until read models reach a position: told at once within the process, looked up every 100 ms for what others commit. */
import type { Position } from '../../kernel/event.js';
import { NotYetThere, ViewsUnavailable } from '../port.js';
import { channelOf } from './file.js';

const LOOK_EVERY_MS = 100;

interface Waiter {
  /** Looks, and settles when there is something to say. */
  readonly look: () => void;
  readonly giveUp: (error: Error) => void;
}

export class Arrivals {
  private readonly channel: ReturnType<typeof channelOf>;
  private readonly waiters = new Set<Waiter>();
  private timer: NodeJS.Timeout | undefined;

  constructor(file: string) {
    this.channel = channelOf(file);
    this.channel.onmessage = () => this.look();
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
        this.waiters.delete(waiter);
        if (this.waiters.size === 0) this.rest();
        end();
      };
      const lookAgain = (last: boolean) => {
        try {
          const now = positionNow();
          if (now >= position) settle(resolve);
          else if (last) settle(() => reject(new NotYetThere(model, position, now)));
        } catch (error) {
          settle(() => reject(error instanceof Error ? error : new Error(String(error))));
        }
      };
      const waiter: Waiter = { look: () => lookAgain(false), giveUp: (error) => settle(() => reject(error)) };
      const timeout = setTimeout(() => lookAgain(true), timeoutMs);
      this.waiters.add(waiter);
      this.timer ??= setInterval(() => this.look(), LOOK_EVERY_MS);
    });
  }

  close(): void {
    this.channel.close();
    for (const waiter of [...this.waiters]) {
      waiter.giveUp(new ViewsUnavailable('The file of read models was closed while somebody waited for it.'));
    }
  }

  private look(): void {
    for (const waiter of [...this.waiters]) waiter.look();
  }

  private rest(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }
}
