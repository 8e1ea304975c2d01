/** The end of the log over time. Older notes are thinned out, so that the history stays small. */
import type { Position } from '../kernel/event.js';

interface Note {
  /** In milliseconds since 1970. */
  readonly at: number;
  readonly head: Position;
}

/** The maximum distance between notes, relative to their age. */
const PRECISION = 0.02;

export class Heads {
  #notes: readonly Note[] = [];

  /** @param at in milliseconds since 1970 */
  note(head: Position, at: number): void {
    if (head === this.#notes.at(-1)?.head) return;
    // After a restore the log may end earlier.
    const notes = [...this.#notes.filter((known) => known.head < head), { at, head }];
    const kept: Note[] = [];
    for (const [index, note] of notes.entries()) {
      const [before, after] = [kept.at(-1), notes[index + 1]];
      if (!before || !after || after.at - before.at > (at - note.at) * PRECISION) kept.push(note);
    }
    this.#notes = kept;
  }

  /** The last noted end of the log; 0 before the first note. */
  get last(): Position {
    return this.#notes.at(-1)?.head ?? 0;
  }

  /** The end of the log at an instant, or at the first note if that is later; undefined without notes. */
  at(instant: number): Position | undefined {
    return (this.#notes.findLast(({ at }) => at <= instant) ?? this.#notes[0])?.head;
  }

  /** When the log was first noted to end beyond a position, in milliseconds since 1970; undefined if it does not. */
  passed(position: Position): number | undefined {
    return this.#notes.find(({ head }) => head > position)?.at;
  }
}
