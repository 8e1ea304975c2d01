/** Policies that follow the log: none keeps another waiting, none is lost, and all stop when they are told to. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { LeadRegistered } from '../../contracts/sales/lead.js';
import { policy, step, type Policy } from '../../src/kernel/policy.js';
import { Rejection } from '../../src/kernel/rejection.js';
import type { CommandHandler } from '../../src/command-handling/command-handler.js';
import { AssignLead, RegisterLead } from '../../src/sales/lead.js';
import { PolicyHost } from '../support/domain/policy-host.js';
import { overriding } from '../support/overriding.js';

/** Gives every registered lead to Bob. */
const assigning = policy({
  name: 'assigning',
  from: 'beginning',
  events: [LeadRegistered],
  on: {
    *LeadRegistered({ stream }) {
      yield step('assign', AssignLead, { id: stream.id, ownerId: 'bob' });
    },
  },
});

/** Never gets done. */
const waiting = policy({
  name: 'waiting',
  from: 'beginning',
  events: [LeadRegistered],
  on: {
    async *LeadRegistered() {
      await new Promise<never>(() => {});
      yield* [];
    },
  },
});

describe('the runner of policies', () => {
  let host: PolicyHost;

  beforeEach(async () => {
    host = await PolicyHost.open();
    await host.send(RegisterLead({ name: 'Ana' }));
  });

  afterEach(() => host.close());

  /** Runs policies until the log has reached a position. */
  const runUntil = async (position: number, policies: readonly Policy[], commandHandler?: CommandHandler): Promise<void> => {
    const stop = new AbortController();
    const running = Promise.all(policies.map((each) => host.run(each, stop.signal, { commandHandler })));
    for await (const page of host.log.tail(0, { limit: 100, signal: stop.signal })) if (page.position >= position) break;
    stop.abort();
    await running;
  };

  it('keeps no policy waiting for another, and stops though one of them waits', async () => {
    await runUntil(2, [waiting, assigning]);
    expect((await host.events()).map(({ type }) => type)).toEqual(['LeadRegistered', 'LeadAssigned']);
  });

  it.each(['CONFLICT', 'OCCURRED_IN_FUTURE'])('tries again after %s, which passes', async (code) => {
    let refused = false;
    const busy = overriding(host.commandHandler, {
      execute: async (...asked: Parameters<CommandHandler['execute']>) => {
        if (refused) return host.commandHandler.execute(...asked);
        refused = true;
        throw new Rejection(code, 'Not now.');
      },
    });
    await runUntil(2, [assigning], busy);
    expect(refused).toBe(true);
    expect((await host.events()).map(({ type }) => type)).toEqual(['LeadRegistered', 'LeadAssigned']);
  });
});
