/** Inconsistent contexts are refused at the start, with all problems by name and context. */
import { describe, expect, it } from '@jest/globals';
import { event } from '../../contracts/event.js';
import { Id, List, Nested, Ref, Text } from '../../contracts/fields/index.js';
import { contexts } from '../../src/contexts/index.js';
import { domainOf } from '../../src/domain.js';
import { checkContexts, InvalidDeclaration } from '../../src/kernel/check-contexts.js';
import type { Context } from '../../src/kernel/context.js';
import { projection } from '../../src/kernel/projection.js';
import { readModel } from '../../src/kernel/read-model.js';
import { recordType } from '../../src/kernel/record-type.js';
import type { RecordTypeName } from '../../contracts/record-types.js';

/** A record type with one event and one command with a name and other fields. */
function declared(
  type: RecordTypeName,
  eventName: string,
  commandName: string,
  more: Readonly<Record<string, ReturnType<typeof Ref>>> = {},
) {
  const Begun = event(eventName, 'It began.', { name: Text(20).open('It is made up.') });
  const record = recordType<{ readonly name: string }>()(type, [Begun], {
    begins: { [eventName]: ({ data }: { readonly data: { readonly name: string } }) => data },
    evolves: {},
  });
  const command = record.creates(commandName, {
    description: 'Begins it.',
    input: { name: Text(20), ...more },
    decide: ({ name }) => [Begun({ name })],
  });
  const model = readModel(`${type}s`, { version: 1, description: 'One each.', columns: { id: Id, ...more } });
  return { Begun, record, command, model };
}

const context = (name: string, more: Partial<Context> = {}): Context => ({
  name,
  records: [],
  commands: [],
  projections: [],
  policies: [],
  codes: {},
  ...more,
});

const refusal = (all: readonly Context[], modules = all.map(({ name }) => name)): string => {
  try {
    checkContexts(all, modules);
  } catch (failure) {
    expect(failure).toBeInstanceOf(InvalidDeclaration);
    return (failure as InvalidDeclaration).message;
  }
  throw new Error('They were not refused.');
};

const account = declared('account', 'AccountBegun', 'BeginAccount');
const lead = declared('lead', 'LeadBegun', 'BeginLead', { accountId: Ref('account') });
const parties = context('parties', { records: [account.record], commands: [account.command] });

describe('Contexts', () => {
  it('of this program are consistent, also without sales', () => {
    expect(checkContexts(contexts, ['operations', 'sales', 'parties'])).toEqual(contexts);
    const { commands, projections, published, records, policies } = domainOf(contexts, ['parties']);
    expect(published.map(({ type }) => type)).toEqual(['policyCommand', 'account', 'contact', 'erasureReview']);
    expect(projections.map(({ model }) => model.name)).toEqual(['policyRefusals', 'accounts', 'contacts', 'erasureReviews']);
    expect(new Set(commands.map(({ record }) => record.type))).toEqual(
      new Set(['deadLetter', 'policy', 'policyCommand', 'account', 'contact', 'erasureReview']),
    );
    expect(policies.map(({ name }) => name)).toEqual(['householdErasure']);
    // The log may contain events of all contexts.
    expect(records).toEqual(contexts.flatMap((one) => one.records));
  });

  it('always include those that are always used', () => {
    const always = context('operations', { always: true });
    expect(checkContexts([always, parties], ['parties'])).toEqual([always, parties]);
  });

  it('that do not exist are refused by name', () => {
    expect(refusal([parties], ['parties', 'trade'])).toBe(
      "The declarations of the contexts can't be used: modules: there is no context trade; the contexts are parties.",
    );
  });

  it.each<[string, Context, string]>([
    ['a context', parties, 'the context parties is declared twice, in parties and in parties'],
    [
      'a record type',
      context('other', { records: [account.record] }),
      'the record type account is declared twice, in parties and in other',
    ],
    [
      'an event',
      context('other', { records: [declared('lead', 'AccountBegun', 'BeginLead').record] }),
      'the event AccountBegun is declared twice, in account of parties and in lead of other',
    ],
    [
      'a command',
      context('other', { records: [lead.record], commands: [declared('lead', 'LeadBegun', 'BeginAccount').command] }),
      'the command BeginAccount is declared twice, in parties and in other',
    ],
  ])('that declare %s twice are refused', (_, other, problem) => {
    expect(refusal([parties, other])).toContain(problem);
  });

  it('that leave out a command of a record type are refused', () => {
    expect(refusal([context('sales', { records: [lead.record] }), context('parties', { records: [account.record] })])).toContain(
      'sales: the command BeginLead of lead is in no manifest; parties: the command BeginAccount of account is in no manifest',
    );
  });

  it('that leave out the record type of a command are refused', () => {
    expect(refusal([parties, context('sales', { commands: [lead.command] })])).toContain(
      'sales: lead, the record type of BeginLead, is in no manifest',
    );
  });

  it('that declare a version of a read model twice are refused, while two versions are not', () => {
    const of = (version: number) =>
      projection(readModel('accounts', { version, description: 'One each.', columns: { id: Id } }), [account.Begun], {
        key: ({ stream }) => stream.id,
        on: {},
      });
    const both = (version: number) => [parties, context('a', { projections: [of(1)] }), context('b', { projections: [of(version)] })];
    expect(refusal(both(1))).toContain('the read model accounts@1 is declared twice, in a and in b');
    expect(checkContexts(both(2), ['parties', 'a', 'b'])).toHaveLength(3);
  });

  const sales = context('sales', { records: [lead.record], commands: [lead.command] });

  it('whose commands refer to records of a context that is left out are refused, by the input that does', () => {
    expect(refusal([sales, parties], ['sales'])).toBe(
      "The declarations of the contexts can't be used: sales: accountId of the command BeginLead refers to account, a record type of parties, which modules leaves out.",
    );
    expect(checkContexts([sales, parties], ['sales', 'parties'])).toEqual([sales, parties]);
    expect(checkContexts([sales, parties], ['parties'])).toEqual([parties]);
  });

  it('are refused by references inside of lists and objects as well', () => {
    const named = List(Nested('Named', 'A name of somebody.', { accountId: Ref('account') }), 3);
    const command = lead.record.creates('NameLead', { description: 'Names.', input: { named }, decide: () => [lead.Begun({ name: 'x' })] });
    expect(refusal([context('sales', { records: [lead.record], commands: [command] }), parties], ['sales'])).toContain(
      'sales: named.accountId of the command NameLead refers to account',
    );
  });

  it('whose commands need records of a context that is left out are refused', () => {
    const command = lead.record.creates('LookLead', {
      description: 'Looks.',
      input: { name: Text(20) },
      looksAt: { account: account.record },
      reads: ({ name }) => ({ account: name }),
      decide: ({ name }) => [lead.Begun({ name })],
    });
    expect(refusal([context('sales', { records: [lead.record], commands: [command] }), parties], ['sales'])).toContain(
      'sales: looksAt of the command LookLead refers to account, a record type of parties, which modules leaves out',
    );
  });

  it('whose columns refer to records of a context that is left out are refused, by the column', () => {
    const projections = [projection(lead.model, [lead.Begun], { key: ({ stream }) => stream.id, on: {} })];
    expect(refusal([context('sales', { records: [lead.record], projections }), parties], ['sales'])).toContain(
      'sales: the column accountId of leads refers to account, a record type of parties, which modules leaves out',
    );
    expect(refusal([context('sales', { records: [lead.record], projections })])).toContain('refers to account, which is no record type');
  });

  it('whose read models or process managers handle unknown events are refused', () => {
    const projections = [
      projection(account.model, [account.Begun], { key: ({ stream }) => stream.id, on: { AccountBegun: () => undefined } }),
    ];
    const policies = [{ name: 'welcome', types: ['LeadBegun'], from: 'beginning' as const, finds: [], react: () => [] }];
    const problems = refusal([context('other', { records: [], projections, policies })]);
    expect(problems).toContain('other: accounts handles AccountBegun, which is no event type');
    expect(problems).toContain('other: welcome handles LeadBegun, which is no event type');
    expect(checkContexts([parties, context('other', { projections })], ['parties', 'other'])).toHaveLength(2);
  });

  it('whose process managers look at read models that are not built are refused', () => {
    const projections = [
      projection(account.model, [account.Begun], { key: ({ stream }) => stream.id, on: { AccountBegun: () => undefined } }),
    ];
    const policies = [{ name: 'welcome', types: ['LeadBegun'], from: 'beginning' as const, finds: ['accounts'], react: () => [] }];
    const { record, command } = declared('lead', 'LeadBegun', 'BeginLead');
    const greeting = context('greeting', { records: [record], commands: [command], policies });
    const all = [greeting, { ...parties, projections }];
    expect(refusal(all, ['greeting'])).toContain('greeting: welcome finds accounts, a read model of parties, which modules leaves out');
    expect(refusal([greeting])).toContain('greeting: welcome finds accounts, which is no read model of a context');
    expect(checkContexts(all, ['greeting', 'parties'])).toEqual(all);
  });
});
