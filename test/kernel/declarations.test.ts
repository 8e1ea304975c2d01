/** What commands, aggregates, contracts and read models declare, held together. */
import { describe, expect, it } from '@jest/globals';
import { streamTypes } from '../../contracts/index.js';
import * as operations from '../../contracts/operations/index.js';
import { projections } from '../../projections/index.js';
import { aggregate, evolve, type Aggregate } from '../../src/kernel/aggregate.js';
import { commandSpec, Creating } from '../../src/kernel/command.js';
import { derivedId, eventId } from '../../src/kernel/derived-id.js';
import { fieldsOf } from '../../src/kernel/field.js';
import { Text } from '../../src/kernel/field-type.js';
import { compoundKey } from '../../src/kernel/projection.js';
import { Column, columnsOf, ReadModel, readModelSpec } from '../../src/kernel/read-model.js';
import { changesOf, revised } from '../../src/kernel/revision.js';
import { deadLetter, RetryDeadLetters, SkipDeadLetter } from '../../src/operations/dead-letter.js';
import * as parties from '../../src/parties/index.js';
import * as sales from '../../src/sales/index.js';
import { recordedAs } from '../support/domain/given.js';

const commands = [...sales.commands, ...parties.commands, RetryDeadLetters, SkipDeadLetter];
const aggregates = [...sales.aggregates, ...parties.aggregates, deadLetter as unknown as Aggregate<unknown, never>];

describe('Commands', () => {
  it('belong to a record type of their context, and somebody may issue them', () => {
    for (const command of commands) {
      const spec = commandSpec(command);
      expect(aggregates).toContain(spec.aggregate);
      expect(spec.may.length).toBeGreaterThan(0);
      expect(spec.creates).toBe(command.prototype instanceof Creating);
    }
  });

  it('take what every command takes, and say of each field whether it may be left out', () => {
    for (const command of commands) {
      const names = fieldsOf(command).map(({ name }) => name);
      expect(names).toEqual(expect.arrayContaining(['commandId', 'expectedRevision', 'occurredAt', 'id']));
      expect(new Set(names).size).toBe(names.length);
      expect(fieldsOf(command).find(({ name }) => name === 'id')?.optional ?? false).toBe(commandSpec(command).creates);
    }
  });

  it('are marked as such', () => {
    expect(() => commandSpec(class Unmarked {} as never)).toThrow(/Unmarked is not marked with @Command/);
  });
});

describe('Aggregates', () => {
  it('know every event of their record type', () => {
    expect(aggregates.map(({ type }) => type).sort()).toEqual(Object.keys(streamTypes).sort());
    for (const { type, evolve: steps } of aggregates) {
      expect(Object.keys(steps).sort()).toEqual(streamTypes[type]?.map((definition) => definition.type).sort());
    }
  });

  it('are left as they are by events that they do not know', () => {
    const counter = aggregate<number, { type: 'Counted'; version: number; data: null }>('counter', {
      initial: 0,
      evolve: { Counted: (count) => count + 1 },
    });
    const event = (type: string) =>
      recordedAs({ type, version: 1, data: null }, { type: 'counter', id: 'c' }, 0, 1, '2018-02-01T09:00:00.000Z');
    expect(evolve(counter as never, 3, event('Counted'))).toBe(4);
    expect(evolve(counter as never, 3, event('toString'))).toBe(3);
  });
});

describe('Read models', () => {
  it('have one name each, an id first, and name only events that there are', () => {
    const known = new Set(
      Object.values(streamTypes)
        .flat()
        .map((definition) => definition.type),
    );
    expect(new Set(projections.map(({ model }) => model.name)).size).toBe(projections.length);
    for (const { model, types } of projections) {
      expect(model.columns[0]?.name).toBe('id');
      for (const type of types) expect(known).toContain(type);
    }
  });

  it('of records name every event of the record, so that its revision is right', () => {
    for (const { model, types } of projections.filter((projection) => projection.model.record !== undefined)) {
      expect([...types].sort()).toEqual(streamTypes[model.record!]?.map((definition) => definition.type).sort());
    }
    // What operators decided is not read as records, but carried out by the projector.
    const records = Object.keys(streamTypes).filter((type) => !(type in operations.streamTypes));
    expect(projections.flatMap(({ model }) => model.record ?? []).sort()).toEqual(records.sort());
  });

  it('tell duplicates by columns that they have', () => {
    for (const { model } of projections) {
      const names = model.columns.map(({ name }) => name);
      for (const name of model.duplicates?.flat() ?? []) expect(names).toContain(name);
    }
  });

  it("have their base's columns first", () => {
    abstract class Base {
      @Column(Text(5))
      readonly first!: string;
    }
    @ReadModel('tests', { version: 1 })
    class Document extends Base {
      @Column(Text(5))
      readonly second!: string;
    }
    expect(columnsOf(Document).map(({ name }) => name)).toEqual(['first', 'second']);
    expect(readModelSpec(Document)).toMatchObject({ name: 'tests', version: 1, history: true });
    expect(() => readModelSpec(class Unmarked {})).toThrow(/Unmarked is not marked with @ReadModel/);
  });
});

describe('Keys and ids', () => {
  it('made of several values tell them apart', () => {
    const keys = [['a', 'b'], ['a|b'], ['a', null, 'b'], ['a', '', 'b'], [null, 'a', 'b'], ['a%7Cb'], ['%'], [''], [null]];
    expect(new Set(keys.map((parts) => compoundKey(...parts))).size).toBe(keys.length);
  });

  it('that derive from others are the same for ever', () => {
    expect(derivedId('l1', 'account')).toBe('b0dd4faf-a036-55dd-9410-46505ac171d2');
    expect(eventId('0b9f4d6e-5a53-5b1c-8e35-0f5f3a1c9d77', 0)).toBe('99303c46-280f-58c4-8711-8722d2815119');
    expect(derivedId('a', 'b')).not.toBe(derivedId('ab'));
  });
});

describe('A revision', () => {
  const state = { name: 'Ana', note: null as string | null, tags: ['a', 'b'] as readonly string[], amount: { amount: 1, currency: 'EUR' } };
  const names = ['name', 'note', 'tags', 'amount'] as const;

  it('is what was given and differs in value', () => {
    expect(changesOf(state, { name: 'Ana', note: 'x', tags: ['b', 'a'] }, names)).toEqual({ note: 'x', tags: ['b', 'a'] });
    expect(changesOf(state, { amount: { currency: 'EUR', amount: 1 }, tags: ['a', 'b'], note: null }, names)).toBeUndefined();
    expect(changesOf(state, {}, names)).toBeUndefined();
  });

  it('leaves what it does not tell', () => {
    expect(revised(state, { note: 'x', name: undefined })).toEqual({ ...state, note: 'x' });
  });
});
