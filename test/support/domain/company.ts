/** A company in memory: commands run on it one after the other by their real rules, and its events can be projected. No log, no store. */
import { commandSpec, type AnyCommand, type CommandClass } from '../../../src/kernel/command.js';
import { evolve, type Aggregate } from '../../../src/kernel/aggregate.js';
import { streamName, type RecordedEvent } from '../../../src/kernel/event.js';
import { fromInput } from '../../../src/kernel/input.js';
import { recordedAs } from './given.js';

export class Company {
  readonly #events: RecordedEvent[] = [];
  readonly #streams = new Map<string, RecordedEvent[]>();

  /** Everything that happened, in order. */
  get events(): readonly RecordedEvent[] {
    return this.#events;
  }

  /** Runs a command at an instant. The input of a command that begins a record names its id too. @returns the events that it wrote. */
  act<C extends AnyCommand>(
    instant: string,
    command: CommandClass<C>,
    input: Readonly<Record<string, unknown>> & { readonly id: string },
    actor = 'ana',
  ): readonly RecordedEvent[] {
    const made = fromInput(command, input);
    const { aggregate } = commandSpec(command);
    const { state, revision } = this.#load(aggregate, input.id);
    const reads = Object.entries(made.reads?.(state as never) ?? {});
    const known = Object.fromEntries(reads.map(([name, other]) => [name, this.#load(other.aggregate, other.id).state]));
    const decided = made.decide(state as never, { id: input.id, actor, occurredAt: instant, ...known } as never);
    const stream = { type: aggregate.type, id: input.id };
    const first = this.#events.length + 1;
    const recorded = decided.map((event, index) => recordedAs(event, stream, revision + 1 + index, first + index, instant, actor));
    this.#events.push(...recorded);
    this.#streams.set(streamName(stream), [...(this.#streams.get(streamName(stream)) ?? []), ...recorded]);
    return recorded;
  }

  #load(aggregate: Aggregate<unknown, never>, id: string): { readonly state: unknown; readonly revision: number } {
    const past = this.#streams.get(streamName({ type: aggregate.type, id })) ?? [];
    return { state: past.reduce((state, event) => evolve(aggregate, state, event), aggregate.initial), revision: past.length - 1 };
  }
}
