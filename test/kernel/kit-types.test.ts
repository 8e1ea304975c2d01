/**
 * Mistakes in declarations and calls that must not compile. The compiler runs these tests: each `@ts-expect-error` is an error
 * if the line below it compiles.
 */
import { describe, expect, it } from '@jest/globals';
import { Choice, Flag, Int, MoneyField, Ref, Text } from '../../contracts/fields/index.js';
import { AccountRevised } from '../../contracts/parties/account.js';
import { LeadAssigned, LeadQualified, LeadRegistered, LeadRevised, leadEvents } from '../../contracts/sales/lead.js';
import { opportunities } from '../../projections/sales/opportunities.js';
import { list } from '../../src/kernel/list.js';
import { policy, step } from '../../src/kernel/policy.js';
import { projection } from '../../src/kernel/projection.js';
import { readModel } from '../../src/kernel/read-model.js';
import { recordType } from '../../src/kernel/record-type.js';
import { account, RegisterAccount, ReviseAccount } from '../../src/parties/account.js';
import { ConvertLead } from '../../src/sales/convert-lead.js';
import { AssignLead, lead, RegisterLead, ReviseLead } from '../../src/sales/lead.js';
import { OpenOpportunity } from '../../src/sales/opportunity.js';
import { QualifyLead, ReopenLead } from '../../src/sales/qualify-lead.js';
import { given } from '../support/domain/given.js';

const description = 'It is never run.';
const versioned = { version: 1, description } as const;

/** The mistakes by name: functions that are compiled but never called. */
const mistakes: Readonly<Record<string, () => unknown>> = {
  'given/when: a command of another record type': () => {
    // @ts-expect-error ReviseAccount is a command of accounts
    given(lead, []).when(ReviseAccount, { name: 'Ana' });
  },
  'given/when: a command of another record type with plain input': () => {
    // @ts-expect-error RegisterAccount is a command of accounts
    given(lead, []).whenGiven(RegisterAccount, {});
  },
  'given/when: a field misspelt': () => {
    // @ts-expect-error there is no field temperatur
    given(lead, []).when(QualifyLead, { temperatur: 'hot' });
  },
  'given/when: a required field left out': () => {
    // @ts-expect-error temperature is required
    given(lead, []).when(QualifyLead, {});
    // @ts-expect-error temperature is required
    given(lead, []).when(QualifyLead);
  },
  'given/when: input of a command that has none': () => {
    // @ts-expect-error ReopenLead has no fields of its own
    given(lead, []).when(ReopenLead, { reason: 'other' });
  },
  'given/when: a value that the field can not have': () => {
    // @ts-expect-error there is no such temperature
    given(lead, []).when(QualifyLead, { temperature: 'boiling' });
  },
  'given: an event of another record type': () => {
    // @ts-expect-error AccountRevised is an event of accounts
    given(lead, [AccountRevised({ name: 'Ana' })]);
  },
  'then: an event of another record type': () => {
    const reopened = given(lead, []).when(ReopenLead);
    // @ts-expect-error AccountRevised is an event of accounts
    reopened.then([AccountRevised({ name: 'Ana' })]);
  },

  'a command: a field misspelt': () => {
    // @ts-expect-error there is no field owner
    AssignLead({ id: 'l1', owner: 'ana' });
  },
  'a command: a field misspelt in an object': () => {
    // @ts-expect-error there is no field colour
    ConvertLead({ id: 'l1', account: { new: { name: 'Pop', colour: 'red' } } });
  },
  'a command: both of what excludes each other': () => {
    // @ts-expect-error an account exists or is new
    ConvertLead({ id: 'l1', account: { existing: 'acme', new: { name: 'Pop' } } });
  },
  'a command: money without its currency': () => {
    // @ts-expect-error the currency is missing
    OpenOpportunity({ name: 'Shop', accountId: 'acme', pipelineId: 'shops', amount: { amount: 1 } });
  },
  'a command: null where nothing can be cleared': () => {
    // @ts-expect-error the name can't be cleared
    ReviseLead({ id: 'l1', name: null });
  },
  'a command on a record: no id': () => {
    // @ts-expect-error id is required
    ReviseLead({ name: 'Ana' });
  },
  'a command that begins a record: a revision to insist on': () => {
    // @ts-expect-error there is no revision before a record begins
    RegisterLead({ name: 'Ana', expectedRevision: 0 });
  },

  'an event: a field left out': () => {
    // @ts-expect-error all fields but the name and the owner
    LeadRegistered({ name: 'Ana', ownerId: 'ana' });
  },
  'an event that revises: null where nothing can be cleared': () => {
    // @ts-expect-error the name can't be cleared
    LeadRevised({ name: null });
  },

  'decide: an event of another record type': () =>
    lead.changes('RenameLead', {
      description,
      // @ts-expect-error AccountRevised is an event of accounts
      decide: () => [AccountRevised({ name: 'Ana' })],
    }),
  'decide: a field of the input misspelt': () =>
    lead.changes('RenameLead', {
      description,
      input: { name: Text(20) },
      // @ts-expect-error there is no field nam
      decide: (_, { nam }) => [LeadRevised({ name: nam })],
    }),
  'decide: a field of the state misspelt': () =>
    lead.changes('RenameLead', {
      description,
      // @ts-expect-error there is no field owner
      decide: ({ owner }) => [LeadRevised({ name: owner })],
    }),
  'decide: a record that is not looked at': () =>
    lead.changes('RenameLead', {
      description,
      input: { accountId: Ref('account') },
      // @ts-expect-error account is not declared in looksAt
      decide: (_, __, { account: looked }) => (looked === null ? [] : []),
    }),
  'reads: the id of a record that is not looked at': () =>
    lead.changes('RenameLead', {
      description,
      input: { accountId: Ref('account') },
      looksAt: { account },
      // @ts-expect-error nothing is looked at as accountt
      reads: (_, { accountId }) => ({ accountt: accountId }),
      decide: (_, __, { account: other }) => [LeadRevised({ name: other.industry ?? '' })],
    }),
  'a verb that there is not': () =>
    lead.changes('RenameLead', {
      description,
      // @ts-expect-error there is no verb rename
      verb: 'rename',
      decide: () => [],
    }),

  'a reference to a record type that is not there': () => {
    // @ts-expect-error there is no record type leed
    Ref('leed');
  },
  'a record type that is not there': () => {
    // @ts-expect-error there is no record type leed
    recordType<{ readonly name: string }>()('leed', [], { begins: {}, evolves: {} });
  },
  'a record type: an event that is left out of evolves': () => {
    recordType<{ readonly name: string | null }>()('lead', [LeadRegistered, LeadRevised], {
      begins: { LeadRegistered: ({ data }) => ({ name: data.name }) },
      // @ts-expect-error LeadRevised is missing
      evolves: {},
    });
  },

  'a list: a column misspelt': () => {
    // @ts-expect-error the state has no nam
    list('leads', lead, { ...versioned, columns: { nam: Text(20) } });
  },
  'a list: a column of another kind than the state': () => {
    // @ts-expect-error the name is text
    list('leads', lead, { ...versioned, columns: { name: Int(0) } });
  },
  'a list: a required column of what may be null': () => {
    // @ts-expect-error the origin may be null
    list('leads', lead, { ...versioned, columns: { origin: Text(100).open('It is a channel.') } });
  },
  'a list: a choice with fewer values than the state': () => {
    // @ts-expect-error there are more states than open
    list('leads', lead, { ...versioned, columns: { status: Choice('Status', 'How it stands.', ['open']) } });
  },
  'a list: a filter misspelt': () => {
    // @ts-expect-error there is no field nam
    list('leads', lead, { ...versioned, columns: { name: Text(20) }, filter: ['nam'] });
  },
  'a list: a derived value of another kind': () => {
    // @ts-expect-error found is a flag
    list('leads', lead, { ...versioned, columns: { name: Text(20) }, derived: { found: Flag }, derive: () => ({ found: 'yes' }) });
  },
  'a list: a derived column with the name of a part of the state': () => {
    // @ts-expect-error the next event would find what is derived instead of the name
    list('leads', lead, { ...versioned, columns: {}, derived: { name: Text(20) }, derive: ({ name }) => ({ name: name.trim() }) });
  },
  'a list: a derived column with the name of one that every list has': () => {
    // @ts-expect-error the revision is that of the record
    list('leads', lead, { ...versioned, columns: {}, derived: { revision: Int(0) }, derive: () => ({ revision: 1 }) });
  },
  'a list: a state with a part that every list has as a column': () => {
    const stamped = recordType<{ readonly createdAt: string }>()('lead', [LeadAssigned], {
      begins: { LeadAssigned: ({ data }) => ({ createdAt: data.ownerId }) },
      evolves: {},
    });
    // @ts-expect-error the next event would find when it was created instead
    list('leads', stamped, { ...versioned, columns: {} });
  },
  'a read model: a filter misspelt': () => {
    // @ts-expect-error there is no column amonut
    readModel('sums', { ...versioned, columns: { id: Text(20), amount: MoneyField }, filter: ['amonut'] });
  },
  'a projection: an event that is not among its own': () => {
    const model = readModel('names', { ...versioned, columns: { id: Text(20), name: Text(20) } });
    projection(model, leadEvents, {
      key: ({ stream }) => stream.id,
      // @ts-expect-error AccountRegistered is not an event of leads
      on: { AccountRegistered: () => undefined },
    });
  },
  'a projection: a document without a column': () => {
    const model = readModel('names', { ...versioned, columns: { id: Text(20), name: Text(20) } });
    projection(model, [LeadQualified], {
      key: ({ stream }) => stream.id,
      // @ts-expect-error the name is missing
      on: { LeadQualified: (_, { stream }) => ({ id: stream.id }) },
    });
  },

  'a policy: it does not say where it begins': () => {
    // @ts-expect-error from is missing
    policy({ name: 'assigning', events: [LeadQualified], on: { LeadQualified: () => [] } });
  },
  'a policy: an event without an answer': () => {
    // @ts-expect-error LeadRevised is missing
    policy({ name: 'assigning', from: 'now', events: [LeadQualified, LeadRevised], on: { LeadQualified: () => [] } });
  },
  'a policy: a read model that it does not declare': () => {
    policy({
      name: 'assigning',
      from: 'now',
      events: [LeadQualified],
      on: {
        async *LeadQualified({ stream }, { find }) {
          // @ts-expect-error opportunities is not in finds
          for await (const { id } of find(opportunities, { leadId: stream.id })) yield step(id, AssignLead, { id, ownerId: 'ana' });
        },
      },
    });
  },
  'a policy: a column misspelt': () => {
    policy({
      name: 'assigning',
      from: 'now',
      events: [LeadQualified],
      finds: [opportunities],
      on: {
        async *LeadQualified({ stream }, { find }) {
          // @ts-expect-error opportunities have no leed
          for await (const { id } of find(opportunities, { leed: stream.id })) yield step(id, AssignLead, { id, ownerId: 'ana' });
        },
      },
    });
  },
  'a step: a field misspelt': () => {
    // @ts-expect-error AssignLead has no owner
    step('assign', AssignLead, { id: 'l1', owner: 'ana' });
  },
};

describe('The kit for record types', () => {
  // The test is that the file compiles, which `npm run typecheck` checks. Jest requires a test in each file.
  it('has mistakes that must not compile', () => {
    expect(mistakes).not.toEqual({});
  });
});
