/** Events of deals and accounts, and a read model of them in the general form: what tests of the projector build. */
import { z } from 'zod';
import { event, type EventDefinition, type EventOf } from '../../contracts/event.js';
import { definitionOf, definitionsOf, type Definitions } from '../../contracts/index.js';
import { aggregate } from '../../src/kernel/aggregate.js';
import { Command, Existing } from '../../src/kernel/command.js';
import { Field } from '../../src/kernel/field.js';
import { Id, Int, Text } from '../../src/kernel/field-type.js';
import type { RecordedEvent } from '../../src/kernel/event.js';
import { projectionOfMany, type Change, type Projection } from '../../src/kernel/projection.js';
import { Column, ReadModel } from '../../src/kernel/read-model.js';
import { Rejection } from '../../src/kernel/rejection.js';

export const DealOpened = event('DealOpened', z.object({ account: z.string(), name: z.string(), amount: z.number() }));
export const DealRaised = event('DealRaised', z.object({ by: z.number() }));
export const DealMovedTo = event('DealMovedTo', z.object({ account: z.string() }));
export const DealWithdrawn = event('DealWithdrawn', z.object({}));
export const AccountRenamed = event('AccountRenamed', z.object({ name: z.string() }));

const dealEvents = [DealOpened, DealRaised, DealMovedTo, DealWithdrawn] as const;
const accountEvents = [AccountRenamed] as const;
type DealEvent = EventOf<typeof dealEvents> | EventOf<typeof accountEvents>;

const own = definitionsOf({ deal: dealEvents, account: accountEvents });
/** Of the events above, and of decisions about documents that wait. */
export const definitions: Definitions = (type): EventDefinition | undefined => own(type) ?? definitionOf(type);

/** Whether a deal may be raised. */
interface Deal {
  readonly open: boolean;
}

const deal = aggregate<Deal, EventOf<typeof dealEvents>>('deal', {
  initial: { open: false },
  evolve: {
    DealOpened: () => ({ open: true }),
    DealRaised: (state) => state,
    DealMovedTo: (state) => state,
    DealWithdrawn: () => ({ open: false }),
  },
});

/** What tests of the projector command; the other events are appended as they are. */
@Command(deal, { may: ['sales'] })
export class RaiseDeal extends Existing {
  @Field(Int(1))
  readonly by!: number;

  decide({ open }: Deal): EventOf<typeof dealEvents>[] {
    if (!open) throw new Rejection('DEAL_NOT_OPEN', 'Only an open deal is raised.');
    return [DealRaised({ by: this.by })];
  }
}

@ReadModel('deals', { version: 1 })
class DealDocument {
  @Column(Id) readonly id!: string;
  @Column(Text(100), { filter: true }) readonly account!: string;
  @Column(Text(100)) readonly accountName!: string;
  @Column(Int(), { sort: true }) readonly total!: number;
}

@ReadModel('deals', { version: 2 })
class DealDocumentInCents {
  @Column(Id) readonly id!: string;
  @Column(Text(100), { filter: true }) readonly account!: string;
  @Column(Text(100)) readonly accountName!: string;
  @Column(Int(), { sort: true }) readonly total!: number;
  @Column(Int()) readonly cents!: number;
}

@ReadModel('dealTallies', { version: 1, history: false })
class TallyDocument {
  @Column(Text(100)) readonly account!: string;
  @Column(Int()) readonly deals!: number;
}

/** Deals by id; all of an account are changed when it is renamed. */
export const deals = projectionOfMany<DealDocument, DealEvent>(DealDocument, {
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
export const dealsInCents = projectionOfMany<DealDocumentInCents, DealEvent>(DealDocumentInCents, {
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
export const tallies = projectionOfMany<TallyDocument, DealEvent>(TallyDocument, {
  DealOpened: ({ data: { account } }) => [{ key: account, to: (tally) => ({ account, deals: (tally?.deals ?? 0) + 1 }) }],
});

/** The same read model with handlers that can't take some events. */
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

/** The same read model with changes that can't even be named of some events. */
export function nameless(projection: Projection, fails: (event: RecordedEvent) => boolean): Projection {
  return {
    ...projection,
    changes: (each) => {
      if (fails(each)) throw new Error('no such record');
      return projection.changes(each);
    },
  };
}
