/** The consistency of the declarations of commands, record types, contracts and read models. */
import { describe, expect, it } from '@jest/globals';
import { event } from '../../contracts/event.js';
import { Id, Int, Text } from '../../contracts/fields/index.js';
import { domain } from '../../src/domain.js';
import { derivedId, eventId } from '../../src/kernel/derived-id.js';
import { list } from '../../src/kernel/list.js';
import { compoundKey, projection } from '../../src/kernel/projection.js';
import { readModel } from '../../src/kernel/read-model.js';
import { recordType } from '../../src/kernel/record-type.js';
import { changesOf, revised } from '../../src/kernel/revision.js';
import { recordedAs } from '../support/domain/given.js';

const Opened = event('TabOpened', 'A tab was opened.', { name: Text(20).open('It is made up.') });
const Charged = event('TabCharged', 'Something was put on a tab.', { amount: Int(1) });
const tab = recordType<{ readonly name: string; readonly total: number }>()('account', [Opened, Charged], {
  begins: { TabOpened: ({ data }) => ({ name: data.name, total: 0 }) },
  evolves: { TabCharged: (state, { data }) => ({ ...state, total: state.total + data.amount }) },
});

const recorded = (type: string, revision: number, data: unknown) =>
  recordedAs({ type, version: 1, data }, { type: 'account', id: 't' }, revision, revision + 1, '2018-02-01T09:00:00.000Z');

describe('Commands', () => {
  it('belong to a record type of the program', () => {
    for (const { record } of domain.commands) expect(domain.records).toContain(record);
  });

  it('have the common fields, and expectedRevision if they change a record', () => {
    for (const { creates, fields } of domain.commands) {
      expect(Object.keys(fields)).toEqual(expect.arrayContaining(['commandId', 'occurredAt', 'id']));
      expect('expectedRevision' in fields).toBe(!creates);
      expect(fields['id']?.absence).toBe(creates ? 'optional' : 'required');
    }
  });

  it('have a suitable verb: a command that creates a record creates, defines or operates', () => {
    for (const { name, creates, verb } of domain.commands) {
      if (creates) expect([name, verb]).toEqual([name, expect.stringMatching(/^(create|define|operate|system)$/)]);
      else expect([name, verb]).not.toEqual([name, 'create']);
    }
  });

  it('declare none of the common fields', () => {
    const declare = () => tab.changes('RenameTab', { description: 'Renames a tab.', input: { id: Id }, decide: () => [] });
    expect(declare).toThrow("RenameTab: id is a field of every command; it can't be declared again.");
  });
});

describe('Record types', () => {
  it('ignore unknown events', () => {
    const state = { name: 'Ana', total: 3 };
    expect(tab.evolve(state, recorded('TabCharged', 1, { amount: 4 }))).toEqual({ name: 'Ana', total: 7 });
    expect(tab.evolve(state, recorded('toString', 1, {}))).toBe(state);
    expect(tab.evolve(undefined, recorded('toString', 0, {}))).toBeUndefined();
  });

  it('refuse a first event that is not one', () => {
    expect(() => tab.evolve(undefined, recorded('TabCharged', 0, { amount: 4 }))).toThrow(
      "account t: TabCharged, at revision 0, can't be a record's first event.",
    );
  });
});

describe('Read models', () => {
  it('have unique names, an id as the first column, and only known events', () => {
    expect(new Set(domain.projections.map(({ model }) => model.name)).size).toBe(domain.projections.length);
    for (const { model, types } of domain.projections) {
      expect(model.columns[0]?.name).toBe('id');
      for (const type of types) expect(domain.definitions(type)).toBeDefined();
    }
  });

  it('of records name every event of the record, so that its revision is right', () => {
    for (const { model, types } of domain.projections.filter((projection) => projection.model.record !== undefined)) {
      const events = domain.records.find(({ type }) => type === model.record)?.events ?? [];
      expect([...types].sort()).toEqual(events.map(({ type }) => type).sort());
    }
    // What operators decided is not read as records, but carried out by the projector.
    const records = domain.published.map(({ type }) => type);
    expect(domain.projections.flatMap(({ model }) => model.record ?? []).sort()).toEqual([...records].sort());
  });

  it('refer to existing columns only, in filters, orders and duplicates', () => {
    const columns: Readonly<Record<string, typeof Id>> = { id: Id };
    const declare = (more: object) => () => readModel('tabs', { version: 1, description: 'Tabs.', columns, ...more });
    expect(declare({ filter: ['name'] })).toThrow('tabs has no column name; it has id.');
    expect(declare({ sort: ['name'] })).toThrow(TypeError);
    expect(declare({ duplicates: [['id', 'name']] })).toThrow(TypeError);
  });

  it('handle only their own events', () => {
    const model = readModel('tabs', { version: 1, description: 'Tabs.', columns: { id: Id } });
    const handlers: object = { TabClosed: () => undefined };
    expect(() => projection(model, [Opened], { key: ({ stream }) => stream.id, on: handlers })).toThrow(
      'tabs handles TabClosed, which is not among its events.',
    );
  });

  it('of a record type have common columns first, and can be filtered and sorted by createdAt', () => {
    const { model } = list('tabs', tab, { version: 1, description: 'A tab.', columns: { name: Text(20) } });
    expect(model.columns.map(({ name }) => name)).toEqual(['id', 'createdAt', 'updatedAt', 'revision', 'name']);
    expect(model).toMatchObject({ one: 'account', entry: 'Account', record: 'account', history: true });
    expect(model.columns.filter(({ filter, sort }) => filter && sort).map(({ name }) => name)).toEqual(['createdAt']);
  });
});

describe('Keys and ids', () => {
  it('of several values are unique', () => {
    const keys = [['a', 'b'], ['a|b'], ['a', null, 'b'], ['a', '', 'b'], [null, 'a', 'b'], ['a%7Cb'], ['%'], [''], [null]];
    expect(new Set(keys.map((parts) => compoundKey(...parts))).size).toBe(keys.length);
  });

  it('that are derived from others never change', () => {
    expect(derivedId('l1', 'account')).toBe('b0dd4faf-a036-55dd-9410-46505ac171d2');
    expect(eventId('0b9f4d6e-5a53-5b1c-8e35-0f5f3a1c9d77', 0)).toBe('99303c46-280f-58c4-8711-8722d2815119');
    expect(derivedId('a', 'b')).not.toBe(derivedId('ab'));
  });
});

describe('A revision', () => {
  const state = { name: 'Ana', note: null as string | null, tags: ['a', 'b'] as readonly string[], amount: { amount: 1, currency: 'EUR' } };

  it('has the given fields that differ', () => {
    expect(changesOf(state, { name: 'Ana', note: 'x', tags: ['b', 'a'] })).toEqual({ note: 'x', tags: ['b', 'a'] });
    expect(changesOf(state, { amount: { currency: 'EUR', amount: 1 }, tags: ['a', 'b'], note: null })).toBeUndefined();
    expect(changesOf(state, {})).toBeUndefined();
  });

  it('leaves other fields unchanged', () => {
    expect(revised(state, { note: 'x', name: undefined })).toEqual({ ...state, note: 'x' });
  });
});
