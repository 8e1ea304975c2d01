/** A record type's memory: what its events have made of it. Rules look at this and at nothing else. */
import type { NewEvent } from '../../contracts/event.js';
import type { Recorded } from './event.js';

type Evolve<State, Event extends NewEvent> = {
  readonly [Type in Event['type']]: (state: State, event: Recorded<Extract<Event, { type: Type }>>) => State;
};

export interface Aggregate<State = unknown, Event extends NewEvent = NewEvent> {
  /** The stream type: one word in camel case without a dash, such as `lead`. */
  readonly type: string;
  readonly initial: State;
  readonly evolve: Evolve<State, Event>;
}

/** Declares a record type's state and how each of its events changes it. */
export function aggregate<State, Event extends NewEvent>(
  type: string,
  rules: { readonly initial: State; readonly evolve: Evolve<State, Event> },
): Aggregate<State, Event> {
  return { type, ...rules };
}

/** The state after one more event. Events that the record type does not know leave it as it is. */
export function evolve<State>(aggregate: Aggregate<State, never>, state: State, event: Recorded<NewEvent>): State {
  const steps = aggregate.evolve as Readonly<Record<string, (state: State, event: Recorded<NewEvent>) => State>>;
  return Object.hasOwn(steps, event.type) ? (steps[event.type]?.(state, event) ?? state) : state;
}

/** A record that a command needs to look at besides its own. */
export interface Reference<State> {
  readonly aggregate: Aggregate<State, never>;
  readonly id: string;
  /** The input field that named it, for the error when it does not exist. */
  readonly field: string;
}

/** Names another record whose state a command's rules need. */
export function reference<State, Event extends NewEvent>(aggregate: Aggregate<State, Event>, id: string, field: string): Reference<State> {
  return { aggregate, id, field };
}
