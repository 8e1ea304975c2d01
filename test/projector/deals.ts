/** Events of deals and accounts, and read models of them in the general form: what tests of the projector build. */
import { definitionsOf, type Definitions } from '../../contracts/definitions.js';
import { event } from '../../contracts/event.js';
import { Decimal, Id, Int, Text } from '../../contracts/fields/index.js';
import { domain } from '../../src/domain.js';
import type { RecordedEvent } from '../../src/kernel/event.js';
import { projectionOfMany, type Change, type Projection } from '../../src/kernel/projection.js';
import { readModel } from '../../src/kernel/read-model.js';
import { recordType } from '../../src/kernel/record-type.js';
import { Rejection } from '../../src/kernel/rejection.js';

declare module '../../contracts/record-types.js' {
  interface RecordTypes {
    readonly deal: unknown;
  }
}

const OPEN = 'It is made up.';
const account = Text(100).open(OPEN);

export const DealOpened = event('DealOpened', 'A deal was opened.', { account, name: Text(100).open(OPEN), amount: Decimal() });
export const DealRaised = event('DealRaised', 'A deal is worth more.', { by: Decimal() });
export const DealMovedTo = event('DealMovedTo', 'A deal went to another account.', { account });
export const DealWithdrawn = event('DealWithdrawn', 'A deal was withdrawn.', {});
export const AccountRenamed = event('AccountRenamed', 'An account has another name.', { name: Text(100).open(OPEN) });

const dealEvents = [DealOpened, DealRaised, DealMovedTo, DealWithdrawn] as const;
const events = [...dealEvents, AccountRenamed] as const;

const own = definitionsOf(events);
/** The types of the events above, and of decisions about dead letters. */
export const definitions: Definitions = (type) => own(type) ?? domain.definitions(type);

/** Whether a deal may be raised. */
interface Deal {
  readonly open: boolean;
}

const deal = recordType<Deal>()('deal', dealEvents, {
  begins: { DealOpened: () => ({ open: true }) },
  evolves: {
    DealRaised: (deal) => deal,
    DealMovedTo: (deal) => deal,
    DealWithdrawn: () => ({ open: false }),
  },
});

/** The command of projector tests; other events are appended directly. */
export const RaiseDeal = deal.changes('RaiseDeal', {
  description: 'Raises the amount of a deal.',
  input: { by: Int(1) },
  decide: ({ open }, { by }) => {
    if (!open) throw new Rejection('DEAL_NOT_OPEN', 'Only an open deal is raised.');
    return [DealRaised({ by })];
  },
});

const columns = { id: Id, account, accountName: Text(100).open(OPEN), total: Int() };
const dealModel = readModel('deals', { version: 1, description: 'A deal.', columns, filter: ['account'], sort: ['total'] });
const dealModelInCents = readModel('deals', {
  version: 2,
  description: 'A deal.',
  columns: { ...columns, cents: Int() },
  filter: ['account'],
  sort: ['total'],
});
const tallyModel = readModel('dealTallies', {
  version: 1,
  description: 'How many deals an account has.',
  columns: { account, deals: Int() },
  history: false,
});

/** Deals by id; all of an account are changed when it is renamed. */
export const deals = projectionOfMany(dealModel, events, {
  DealOpened: ({ stream: { id }, data: { account, name, amount } }) => [
    { key: id, to: () => ({ id, account, accountName: name, total: amount }) },
  ],
  DealRaised: ({ stream: { id }, data: { by } }) => [{ key: id, to: (deal) => deal && { ...deal, total: deal.total + by } }],
  DealMovedTo: ({ stream: { id }, data: { account } }) => [{ key: id, to: (deal) => deal && { ...deal, account } }],
  DealWithdrawn: ({ stream: { id } }) => [{ key: id, to: () => undefined }],
  AccountRenamed: ({ stream: { id }, data: { name } }) => [
    { where: { column: 'account', value: id }, to: (deal) => ({ ...deal, accountName: name }) },
  ],
});

/** The next version of the same read model: with another column. */
export const dealsInCents = projectionOfMany(dealModelInCents, events, {
  DealOpened: ({ stream: { id }, data: { account, name, amount } }) => [
    { key: id, to: () => ({ id, account, accountName: name, total: amount, cents: amount * 100 }) },
  ],
  DealRaised: ({ stream: { id }, data: { by } }) => [
    { key: id, to: (deal) => deal && { ...deal, total: deal.total + by, cents: deal.cents + by * 100 } },
  ],
  DealMovedTo: ({ stream: { id }, data: { account } }) => [{ key: id, to: (deal) => deal && { ...deal, account } }],
  DealWithdrawn: ({ stream: { id } }) => [{ key: id, to: () => undefined }],
  AccountRenamed: ({ stream: { id }, data: { name } }) => [
    { where: { column: 'account', value: id }, to: (deal) => ({ ...deal, accountName: name }) },
  ],
});

/** How many deals were opened for each account; keeps no past versions. */
export const tallies = projectionOfMany(tallyModel, events, {
  DealOpened: ({ data: { account } }) => [{ key: account, to: (tally) => ({ account, deals: (tally?.deals ?? 0) + 1 }) }],
});

/** The same read model with handlers that fail on some events. */
export function failing(projection: Projection, fails: (event: RecordedEvent) => boolean, why = 'no such stage'): Projection {
  const fail = (): never => {
    throw new Error(why);
  };
  return {
    ...projection,
    changes: (each) =>
      projection.changes(each).map((change): Change => {
        if (!fails(each)) return change;
        return change.where === undefined ? { key: change.key, to: fail } : { where: change.where, to: fail };
      }),
  };
}

/** The same read model, which fails to determine the changes of some events. */
export function nameless(projection: Projection, fails: (event: RecordedEvent) => boolean): Projection {
  return {
    ...projection,
    changes: (each) => {
      if (fails(each)) throw new Error('no such record');
      return projection.changes(each);
    },
  };
}
