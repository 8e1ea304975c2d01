/** What may happen to a deal: state, rules and commands in the kernel's words, as any record type is written. */
import { DealCallLogged, DealLost, DealOpened, DealStageChanged, DealWon, type DealEvent } from './contract.js';
import type { Money } from '../../contracts/values.js';
import { aggregate } from '../../src/kernel/aggregate.js';
import { Command, Creating, Existing } from '../../src/kernel/command.js';
import { Field } from '../../src/kernel/field.js';
import { Id, Int, MoneyField, Text, User } from '../../src/kernel/field-type.js';
import { Rejection } from '../../src/kernel/rejection.js';

export interface Deal {
  readonly status: 'absent' | 'open' | 'won' | 'lost';
  readonly stage: string;
  readonly owner: string;
  readonly amount: Money;
  readonly moves: number;
  readonly calls: number;
}

export const deal = aggregate<Deal, DealEvent>('deal', {
  initial: { status: 'absent', stage: '', owner: '', amount: { amount: 0, currency: '' }, moves: 0, calls: 0 },
  evolve: {
    DealOpened: (deal, { data: { stage, owner, amount } }) => ({ ...deal, status: 'open', stage, owner, amount }),
    DealStageChanged: (deal, { data }) => ({ ...deal, stage: data.to, moves: deal.moves + 1 }),
    DealCallLogged: (deal) => ({ ...deal, calls: deal.calls + 1 }),
    DealWon: (deal) => ({ ...deal, status: 'won' }),
    DealLost: (deal) => ({ ...deal, status: 'lost' }),
  },
});

@Command(deal, { may: ['sales'] })
export class OpenDeal extends Creating {
  @Field(Text(200))
  readonly name!: string;

  @Field(Id)
  readonly account!: string;

  @Field(User)
  readonly owner!: string;

  @Field(Text(100))
  readonly stage!: string;

  @Field(MoneyField)
  readonly amount!: Money;

  @Field(Text(500))
  readonly note!: string;

  decide(): DealEvent[] {
    const { name, account, owner, stage, amount, note } = this;
    return [DealOpened({ name, account, owner, stage, amount, note })];
  }
}

@Command(deal, { may: ['sales'] })
export class MoveDeal extends Existing {
  @Field(Text(100))
  readonly stage!: string;

  @Field(Text(500))
  readonly note!: string;

  decide(deal: Deal): DealEvent[] {
    refuseClosed(deal);
    return [DealStageChanged({ from: deal.stage, to: this.stage, owner: deal.owner, note: this.note })];
  }
}

@Command(deal, { may: ['sales'] })
export class LogCall extends Existing {
  @Field(Int(0, 600))
  readonly minutes!: number;

  @Field(Text(500))
  readonly note!: string;

  decide(deal: Deal): DealEvent[] {
    refuseClosed(deal);
    return [DealCallLogged({ by: deal.owner, minutes: this.minutes, note: this.note })];
  }
}

@Command(deal, { may: ['sales'] })
export class WinDeal extends Existing {
  @Field(Text(500))
  readonly note!: string;

  decide(deal: Deal): DealEvent[] {
    refuseClosed(deal);
    return [DealWon({ stage: deal.stage, owner: deal.owner, amount: deal.amount, note: this.note })];
  }
}

@Command(deal, { may: ['sales'] })
export class LoseDeal extends Existing {
  @Field(Text(500))
  readonly note!: string;

  decide(deal: Deal): DealEvent[] {
    refuseClosed(deal);
    return [DealLost({ stage: deal.stage, owner: deal.owner, amount: deal.amount, note: this.note })];
  }
}

function refuseClosed({ status }: Deal): void {
  if (status !== 'open') throw new Rejection('DEAL_CLOSED', `The deal is ${status}: nothing more happens to it.`);
}
