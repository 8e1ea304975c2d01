/** A company in memory: commands run on it one after the other by their real rules, and its events can be projected. No log, no store. */
import type { Command } from '../../../src/kernel/command.js';
import { streamName, type RecordedEvent } from '../../../src/kernel/event.js';
import type { AnyRecordType } from '../../../src/kernel/record.js';
import { recordedAs } from './given.js';

export class Company {
  readonly #events: RecordedEvent[] = [];
  readonly #streams = new Map<string, RecordedEvent[]>();

  /** Everything that happened, in order. */
  get events(): readonly RecordedEvent[] {
    return this.#events;
  }

  /**
   * Runs a command at an instant.
   * @returns the events that it appended
   * @throws RangeError when the command names no record
   */
  act(instant: string, { definition, id, input }: Command, actor = 'ana'): readonly RecordedEvent[] {
    if (id === null) throw new RangeError(`${definition.name}: name the id of the record that it begins.`);
    const { record } = definition;
    const { state, revision } = this.#load(record, id);
    const looked = definition.reads(state, input).map(({ name, record: other, id: otherId }): readonly [string, unknown] => {
      return [name, otherId === null ? null : this.#load(other, otherId).state];
    });
    const context = { id, actor, occurredAt: instant, ...Object.fromEntries(looked) };
    const stream = { type: record.type, id };
    const first = this.#events.length + 1;
    const recorded = definition
      .decide(state, input, context)
      .map((event, index) => recordedAs(event, stream, revision + 1 + index, first + index, instant, actor));
    this.#events.push(...recorded);
    this.#streams.set(streamName(stream), [...(this.#streams.get(streamName(stream)) ?? []), ...recorded]);
    return recorded;
  }

  #load(record: AnyRecordType, id: string): { readonly state: unknown; readonly revision: number } {
    const past = this.#streams.get(streamName({ type: record.type, id })) ?? [];
    return { state: past.reduce<unknown>((state, event) => record.evolve(state, event), undefined), revision: past.length - 1 };
  }
}
