/** Clients that take leads through the funnel, and send each command until it is answered, with the same commandId each time. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { derivedId } from '../../../src/kernel/derived-id.js';
import { euros } from './funnel.js';
import type { Done, GraphqlClient } from './graphql-client.js';

export interface FunnelClients {
  /** What was answered so far. */
  readonly acknowledged: readonly Done[];
  /** Resolves when all have ended. Rejects as soon as one fails. */
  readonly ended: Promise<unknown>;
  /** Each ends the lead that it is at. */
  finish(): void;
}

export interface FunnelOptions {
  readonly clients: number;
  readonly pipelineId: string;
  /** Whom to send a command to; `turn` differs from one attempt to the next. */
  readonly server: (turn: number) => Promise<GraphqlClient>;
  /** What is sent again: a failure with such a message. Any other fails the test. */
  readonly passing: RegExp;
  /** The pause after each command, in milliseconds. */
  readonly pauseMs?: number;
}

export function startFunnelClients({ clients, pipelineId, server, passing, pauseMs = 0 }: FunnelOptions): FunnelClients {
  const acknowledged: Done[] = [];
  const finishing = new AbortController();

  const insist = async (name: number, command: string, input: object): Promise<void> => {
    const commandId = randomUUID();
    for (let turn = name; ; turn += 1) {
      const current = await server(turn);
      try {
        acknowledged.push(await current.done(command, { commandId, ...input }));
        break;
      } catch (failure) {
        if (!passing.test((failure as Error).message)) throw failure;
        await sleep(20);
      }
    }
    await sleep(pauseMs);
  };

  const client = async (name: number): Promise<void> => {
    for (let count = 0; !finishing.signal.aborted; count++) {
      const id = `lead-${name}-${count}`;
      const opportunity = derivedId(id, 'opportunity');
      await insist(name, 'registerLead', { id, name: `Lead ${count}`, origin: name % 2 === 0 ? 'fair' : 'social' });
      await insist(name, 'qualifyLead', { id, temperature: 'HOT' });
      await insist(name, 'convertLead', { id, opportunity: { pipelineId, amount: euros(100 + count) } });
      await insist(name, 'advanceOpportunity', { id: opportunity, stage: 'Offer' });
      if (count % 3 === 0) await insist(name, 'loseOpportunity', { id: opportunity, reason: 'price' });
      else await insist(name, 'winOpportunity', { id: opportunity });
      if (count % 5 === 0) await insist(name, 'reopenOpportunity', { id: opportunity });
    }
  };

  return {
    acknowledged,
    ended: Promise.all(Array.from({ length: clients }, async (_, name) => client(name))),
    finish: () => finishing.abort(),
  };
}
