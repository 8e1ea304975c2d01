/** Process managers that follow the log: none keeps another waiting, none is lost, and all leave off when they are told to. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { fromInput } from '../../src/kernel/input.js';
import { Rejection } from '../../src/kernel/rejection.js';
import { openEmbeddedLog } from '../../src/log/embedded.js';
import type { EventLog } from '../../src/log/port.js';
import { CommandPipeline } from '../../src/pipeline/command-pipeline.js';
import type { Policy, PolicyContext } from '../../src/policies/policy.js';
import { Reactor } from '../../src/policies/reactor.js';
import { progressOf, runPolicy } from '../../src/policies/runner.js';
import { AssignLead, RegisterLead } from '../../src/sales/lead.js';
import { openEmbeddedViewWriter } from '../../src/views/embedded.js';
import type { Lease, ViewWriter } from '../../src/views/port.js';
import { temporaryFolder, type Folder } from '../support/folder.js';
import { overriding } from '../support/overriding.js';

/** Gives every registered lead to Bob. */
const assigning: Policy = {
  name: 'assigning',
  types: ['LeadRegistered'],
  asksViews: false,
  *react({ stream }) {
    yield { name: 'assign', command: fromInput(AssignLead, { id: stream.id, owner: 'bob' }) };
  },
};

describe('the runner of process managers', () => {
  let folder: Folder;
  let log: EventLog;
  let checkpoints: ViewWriter;
  let pipeline: CommandPipeline;
  let stop: AbortController;

  beforeEach(async () => {
    folder = temporaryFolder();
    log = openEmbeddedLog({ file: folder.events });
    checkpoints = await openEmbeddedViewWriter({ file: folder.views });
    pipeline = new CommandPipeline({ log });
    stop = new AbortController();
  });

  afterEach(async () => {
    await checkpoints.close();
    await log.close();
    folder.remove();
  });

  const run = async (policies: readonly Policy[], through = pipeline): Promise<unknown> => {
    const onRefusal = ({ rejection }: { readonly rejection: Rejection }): never => {
      throw rejection;
    };
    const reactor = new Reactor({ pipeline: through, policies, context: {} as PolicyContext, onRefusal });
    const onRetry = (): void => undefined;
    const names = policies.map((policy) => progressOf(policy).name);
    const leases = new Map((await checkpoints.take(names, 'test', 600_000)).map((lease) => [lease.name, lease]));
    return Promise.all(
      policies.map((policy) => {
        const lease = (): Lease | undefined => leases.get(progressOf(policy).name);
        return runPolicy({ log, checkpoints, lease, reactor, policy, onRetry }, stop.signal);
      }),
    );
  };

  /** Resolves when the log holds so many events. */
  const reached = async (position: number): Promise<void> => {
    for await (const page of log.tail(0, { limit: 100, signal: stop.signal })) if (page.position >= position) return;
  };

  it('keeps no process manager waiting for another, and stops though one of them waits', async () => {
    const waiting: Policy = {
      name: 'waiting',
      types: ['LeadRegistered'],
      asksViews: false,
      async *react() {
        await new Promise<never>(() => {});
        yield* [];
      },
    };
    await pipeline.execute(fromInput(RegisterLead, { name: 'Ana' }), { actor: 'ana' });
    const running = run([waiting, assigning]);
    await reached(2);
    stop.abort();
    await running;
  });

  it.each(['CONFLICT', 'OCCURRED_IN_FUTURE'])('tries again after %s, which passes', async (code) => {
    await pipeline.execute(fromInput(RegisterLead, { name: 'Ana' }), { actor: 'ana' });
    let refused = false;
    const busy = overriding(pipeline, {
      execute: async (...asked: Parameters<CommandPipeline['execute']>) => {
        if (refused) return pipeline.execute(...asked);
        refused = true;
        throw new Rejection(code, 'Not now.');
      },
    });
    const running = run([assigning], busy);
    await reached(2);
    stop.abort();
    await running;
    expect(refused).toBe(true);
    expect(await log.head()).toBe(2);
  });
});
