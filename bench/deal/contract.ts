/** The deal: the benchmark's own record type, a sale with logged calls. Its events have about 240 bytes of JSON each. */
import { definitionsOf } from '../../contracts/definitions.js';
import { event, type EventOf } from '../../contracts/event.js';
import { Id, Int, MoneyField, pick, Text, User, type Of } from '../../contracts/fields/index.js';

declare module '../../contracts/record-types.js' {
  interface RecordTypes {
    readonly deal: unknown;
  }
}

/** Texts are open here: what sealing costs is measured by itself. */
const OPEN = 'It is made up.';
const note = Text(500).open(OPEN);

export const deal = { name: Text(200).open(OPEN), accountId: Id, ownerId: User, stage: Text(100).open(OPEN), amount: MoneyField, note };
export const call = { minutes: Int(0, 600), note };

const closed = pick(deal, 'stage', 'ownerId', 'amount', 'note');

export const DealOpened = event('DealOpened', 'A deal was opened.', deal);
export const DealStageChanged = event('DealStageChanged', 'A deal moved to another stage.', {
  from: deal.stage,
  to: deal.stage,
  ownerId: User,
  note,
});
export const DealCallLogged = event('DealCallLogged', 'Somebody called about a deal.', { by: User, ...call });
export const DealWon = event('DealWon', 'A deal was won.', closed);
export const DealLost = event('DealLost', 'A deal was lost.', closed);

export const dealEvents = [DealOpened, DealStageChanged, DealCallLogged, DealWon, DealLost] as const;
export type DealEvent = EventOf<typeof dealEvents>;

export interface Deal extends Of<Pick<typeof deal, 'stage' | 'ownerId' | 'amount'>> {
  readonly status: 'open' | 'won' | 'lost';
  readonly moves: number;
  readonly calls: number;
}

/** The event definitions for command handling and the projector. */
export const dealDefinitions = definitionsOf(dealEvents);
