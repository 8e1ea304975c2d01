/** A deal's state by hand: a loop and a switch over plain events. */
import { deal, type Deal } from '../deal/deal.js';
import type { DealEvent } from '../deal/contract.js';
import type { PlainEvent } from './log.js';

export function foldPlain(events: readonly PlainEvent[]): Deal {
  const state: { -readonly [K in keyof Deal]: Deal[K] } = { ...deal.initial };
  for (const event of events as unknown as readonly DealEvent[]) {
    switch (event.type) {
      case 'DealOpened':
        state.status = 'open';
        state.stage = event.data.stage;
        state.owner = event.data.owner;
        state.amount = event.data.amount;
        break;
      case 'DealStageChanged':
        state.stage = event.data.to;
        state.moves += 1;
        break;
      case 'DealCallLogged':
        state.calls += 1;
        break;
      case 'DealWon':
        state.status = 'won';
        break;
      case 'DealLost':
        state.status = 'lost';
        break;
    }
  }
  return state;
}
