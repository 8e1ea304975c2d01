/** Deals: state, rules and commands, as for any record type. */
import {
  call,
  DealCallLogged,
  dealEvents,
  DealLost,
  DealOpened,
  DealStageChanged,
  DealWon,
  deal as fields,
  type Deal,
} from './contract.js';
import { pick } from '../../contracts/fields/index.js';
import { recordType } from '../../src/kernel/record-type.js';
import { Rejection } from '../../src/kernel/rejection.js';

export const deal = recordType<Deal>()('deal', dealEvents, {
  begins: {
    DealOpened: ({ data: { stage, ownerId, amount } }) => ({ status: 'open', stage, ownerId, amount, moves: 0, calls: 0 }),
  },
  evolves: {
    DealStageChanged: (deal, { data }) => ({ ...deal, stage: data.to, moves: deal.moves + 1 }),
    DealCallLogged: (deal) => ({ ...deal, calls: deal.calls + 1 }),
    DealWon: (deal) => ({ ...deal, status: 'won' }),
    DealLost: (deal) => ({ ...deal, status: 'lost' }),
  },
});

export const OpenDeal = deal.creates('OpenDeal', {
  description: 'Opens a deal.',
  input: fields,
  decide: (input) => [DealOpened(input)],
});

export const MoveDeal = deal.changes('MoveDeal', {
  description: 'Moves a deal to another stage.',
  input: pick(fields, 'stage', 'note'),
  decide: (deal, { stage, note }) => [DealStageChanged({ from: open(deal).stage, to: stage, ownerId: deal.ownerId, note })],
});

export const LogCall = deal.changes('LogCall', {
  description: 'Logs a call.',
  input: call,
  decide: (deal, input) => [DealCallLogged({ by: open(deal).ownerId, ...input })],
});

export const WinDeal = deal.changes('WinDeal', {
  description: 'Wins a deal.',
  input: pick(fields, 'note'),
  decide: (deal, { note }) => [DealWon({ ...closing(deal), note })],
});

export const LoseDeal = deal.changes('LoseDeal', {
  description: 'Loses a deal.',
  input: pick(fields, 'note'),
  decide: (deal, { note }) => [DealLost({ ...closing(deal), note })],
});

function closing(deal: Deal): Pick<Deal, 'stage' | 'ownerId' | 'amount'> {
  const { stage, ownerId, amount } = open(deal);
  return { stage, ownerId, amount };
}

/** The deal. @throws Rejection when it is closed */
function open(deal: Deal): Deal {
  if (deal.status !== 'open') throw new Rejection('DEAL_CLOSED', `The deal is ${deal.status}.`);
  return deal;
}
