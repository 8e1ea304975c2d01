/** Positions of some read events with their recorded times. A search by time only has to read between two of them. */
import type { Position } from '../../kernel/event.js';

interface Landmark {
  readonly position: Position;
  /** Milliseconds since 1970. */
  readonly recordedAt: number;
}

/** The maximum number; beyond it, every other one is dropped. */
const KEPT = 4096;

export class Landmarks {
  /** In the order of their positions. */
  #marks: Landmark[] = [];

  note(position: Position, recordedAt: number): void {
    const index = this.#firstFrom(position);
    if (this.#marks[index]?.position === position) return;
    this.#marks.splice(index, 0, { position, recordedAt });
    if (this.#marks.length > KEPT) this.#marks = this.#marks.filter((_, place) => place % 2 === 0);
  }

  /** The recorded time at exactly this position, if known. */
  recordedAt(position: Position): number | undefined {
    const mark = this.#marks[this.#firstFrom(position)];
    return mark?.position === position ? mark.recordedAt : undefined;
  }

  /** The last one recorded at or before an instant. */
  lastUntil(instant: number): Landmark | undefined {
    return this.#marks.findLast((mark) => mark.recordedAt <= instant);
  }

  /** The first one recorded after an instant. */
  firstAfter(instant: number): Landmark | undefined {
    return this.#marks.find((mark) => mark.recordedAt > instant);
  }

  #firstFrom(position: Position): number {
    let [low, high] = [0, this.#marks.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#marks[middle]?.position ?? 0) < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
