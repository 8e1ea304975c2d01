/** Policies as sentences: when this has happened, then these commands follow. */
import { expect } from '@jest/globals';
import type { NewEvent } from '../../../contracts/event.js';
import { domain } from '../../../src/domain.js';
import type { AnyFind, Policy, Step } from '../../../src/kernel/policy.js';
import type { Document } from '../../../src/kernel/projection.js';
import type { ReadModel } from '../../../src/kernel/read-model.js';
import { ID, recordedAs } from './given.js';

/** Documents of read models, by the read models' names. */
type Found = Readonly<Record<string, readonly Document[]>>;

interface WhenHappened {
  /** The documents of a read model that the policy looks at; only what the policy uses of them has to be told. */
  finding<Doc>(readModel: { readonly model: ReadModel<Doc> }, documents: readonly Partial<Doc>[]): WhenHappened;
  /** The steps that follow, in order. Their input must be valid. */
  then(steps: readonly Step[]): Promise<void>;
  /** The names of steps whose input is not valid: the policy's commands are refused. */
  thenInvalid(...names: readonly string[]): Promise<void>;
}

/** An event of the record `ID`, to which a policy reacts. */
export function whenHappened(policy: Policy, event: NewEvent, found: Found = {}): WhenHappened {
  return {
    finding: ({ model }, documents) => whenHappened(policy, event, { ...found, [model.name]: documents }),
    then: async (steps) => {
      expect((await stepsOf(policy, event, found)).map(toCompare)).toEqual(steps.map(toCompare));
    },
    thenInvalid: async (...names) => {
      const steps = await stepsOf(policy, event, found);
      expect(steps.filter((step) => !isValid(step)).map(({ name }) => name)).toEqual(names);
    },
  };
}

async function stepsOf(policy: Policy, event: NewEvent, found: Found): Promise<readonly Step[]> {
  expect(policy.types).toContain(event.type);
  const record = domain.records.find(({ events }) => events.some(({ type }) => type === event.type));
  if (!record) throw new Error(`${event.type} is not an event of any record type.`);
  const recorded = recordedAs(event, { type: record.type, id: ID }, 0, 1, '2018-02-01T09:00:00.000Z');
  const steps: Step[] = [];
  for await (const step of policy.react(recorded, { find: findIn(policy, found) })) steps.push(step);
  return steps;
}

/** Finds among the documents told, as a read model does: those that have all the values, in the order of their ids. */
function findIn(policy: Policy, found: Found): AnyFind {
  return async function* find({ model: { name } }, values) {
    expect(policy.finds).toContain(name);
    const documents = found[name];
    if (!documents) throw new Error(`${policy.name} looks at ${name}: tell its documents with .finding(${name}, […]).`);
    const matching = documents.filter((document) => Object.entries(values).every(([column, value]) => document[column] === value));
    yield* [...matching].sort((a, b) => (String(a['id']) < String(b['id']) ? -1 : 1));
  };
}

/** A step with its input as the command reads it: what was left out and what is null are the same. */
function toCompare({ name, command, input }: Step): Readonly<Record<string, unknown>> {
  const { id, expectedRevision, occurredAt, input: own } = command.from(input);
  return { name, command: command.name, id, expectedRevision, occurredAt, input: own };
}

function isValid({ command, input }: Step): boolean {
  try {
    command.from(input);
    return true;
  } catch {
    return false;
  }
}
