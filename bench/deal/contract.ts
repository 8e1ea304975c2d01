/** The deal: a sale as the benchmark plays it, with the calls that a real one has. Five events of about 240 bytes of JSON each. */
import { z } from 'zod';
import { event, type EventOf } from '../../contracts/event.js';
import { definitionsOf } from '../../contracts/index.js';
import { Id, Money, UserId } from '../../contracts/values.js';

const DealOpened = event(
  'DealOpened',
  z.object({ name: z.string(), account: Id, owner: UserId, stage: z.string(), amount: Money, note: z.string() }),
);
const DealStageChanged = event('DealStageChanged', z.object({ from: z.string(), to: z.string(), owner: UserId, note: z.string() }));
const DealCallLogged = event('DealCallLogged', z.object({ by: UserId, minutes: z.number().int().min(0), note: z.string() }));
const DealWon = event('DealWon', z.object({ stage: z.string(), owner: UserId, amount: Money, note: z.string() }));
const DealLost = event('DealLost', z.object({ stage: z.string(), owner: UserId, amount: Money, note: z.string() }));

const dealEvents = [DealOpened, DealStageChanged, DealCallLogged, DealWon, DealLost] as const;
export type DealEvent = EventOf<typeof dealEvents>;
export { DealCallLogged, DealLost, DealOpened, DealStageChanged, DealWon };

/** What pipeline and projector are given in place of the program's own definitions. */
export const dealDefinitions = definitionsOf({ deal: dealEvents });
