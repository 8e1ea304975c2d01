/** Where the log ended when: lately as often as it was noted, longer ago ever more sparsely, so that it stays small however long it is kept. */
import type { Position } from '../kernel/event.js';

interface Note {
  /** In milliseconds since 1970. */
  readonly at: number;
  readonly head: Position;
}

/** How far apart notes may come to lie, as a part of their age: what is told of them is as exact. */
const PRECISION = 0.02;

export class Heads {
  #notes: readonly Note[] = [];

  /** @param at in milliseconds since 1970 */
  note(head: Position, at: number): void {
    if (head === this.#notes.at(-1)?.head) return;
    // Of a log that was put back, what was beyond its end is not there any more.
    const notes = [...this.#notes.filter((known) => known.head < head), { at, head }];
    const kept: Note[] = [];
    for (const [index, note] of notes.entries()) {
      const [before, after] = [kept.at(-1), notes[index + 1]];
      if (!before || !after || after.at - before.at > (at - note.at) * PRECISION) kept.push(note);
    }
    this.#notes = kept;
  }

  /** The end of the log as it was last noted; 0 before that. */
  get last(): Position {
    return this.#notes.at(-1)?.head ?? 0;
  }

  /** The end of the log at an instant; as it was first noted when that was later. Undefined when it never was. */
  at(instant: number): Position | undefined {
    return (this.#notes.findLast(({ at }) => at <= instant) ?? this.#notes[0])?.head;
  }

  /** When the log was first seen to end beyond a position, in milliseconds since 1970; undefined when it does not. */
  passed(position: Position): number | undefined {
    return this.#notes.find(({ head }) => head > position)?.at;
  }
}
