/** A deal's state by hand: a loop and a switch over plain events. */
import type { Deal, DealEvent } from '../deal/contract.js';
import type { PlainEvent } from './log.js';

/** The state; undefined without events. */
export function foldPlain(events: readonly PlainEvent[]): Deal | undefined {
  let state: { -readonly [K in keyof Deal]: Deal[K] } | undefined;
  for (const event of events as unknown as readonly DealEvent[]) {
    if (event.type === 'DealOpened') {
      const { stage, ownerId, amount } = event.data;
      state = { status: 'open', stage, ownerId, amount, moves: 0, calls: 0 };
      continue;
    }
    if (!state) throw new RangeError(`${event.type} before a deal was opened.`);
    switch (event.type) {
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
