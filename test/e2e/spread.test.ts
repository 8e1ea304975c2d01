/**
 * The distributed shape: two processes that answer, two that project and run process managers, each with a folder of its own, the log and the
 * read models on servers. Work is spread, and what one leaves behind the other takes up; who reads and writes meanwhile is kept waiting at most.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { domain } from '../../src/domain.js';
import { openPolicyCheckpoints } from '../../src/engines.js';
import { checkpointOf } from '../../src/policies/runner.js';
import type { CheckpointStore } from '../../src/views/port/checkpoints.js';
import type { LeaseStore } from '../../src/leases/port.js';
import type { ViewWriter } from '../../src/views/port/store.js';
import { onServers, placeOf, variablesOf, viewWriterIn } from '../support/engines/engines.js';
import { convertLead, definePipeline, registerLead } from '../support/api/funnel.js';
import type { Done } from '../support/api/graphql-client.js';
import { eventsIn, expectReadModelsToEqualTheLog } from '../support/read-models/read-models.js';
import { startServer, type Server } from '../support/processes/server.js';
import { sharedFolder } from '../support/folder.js';

const READ_MODELS = domain.projections.map(({ model }) => model.name);
const POLICIES = domain.policies.map(checkpointOf);

/** How long it may take until what a process left behind is taken up, in milliseconds: as promised. */
const MOVES_MS = 10_000;

/** A query may have to wait until a read model has moved. */
const PATIENT = { DAYBOOK_MIN_POSITION_TIMEOUT_MS: '25000', DAYBOOK_POLICY_PATIENCE_MS: '20000' };

/** How many of them each of two has, the smaller half first. */
const halvesOf = ({ length }: readonly string[]): readonly number[] => [Math.floor(length / 2), Math.ceil(length / 2)];

const servers = await onServers();

(servers ? describe : describe.skip)('processes on several machines', () => {
  const folder = sharedFolder();
  let answering: readonly [Server, Server];
  let projecting: readonly [Server, Server];
  let views: ViewWriter;
  let checkpoints: CheckpointStore;
  let pipelineId: string;
  /** Of every command whose success a client was told. */
  const acknowledged: Done[] = [];

  beforeAll(async () => {
    const place = await variablesOf(folder.path);
    const start = (name: string, role: string): Promise<Server> =>
      startServer(join(folder.path, name), { ...place, ...PATIENT }, ['--role', role]);
    answering = await Promise.all([start('api-1', 'api'), start('api-2', 'api')]);
    projecting = await Promise.all([start('projector-1', 'projector,policies'), start('projector-2', 'projector,policies')]);
    views = await viewWriterIn(folder.path);
    checkpoints = await openPolicyCheckpoints(await placeOf(folder.path));
    pipelineId = await definePipeline(answering[0]);
  });

  afterAll(async () => {
    await views.close();
    await checkpoints.close();
  });

  /** How many of these leases each of the two that project has. */
  const sharesOf = async (store: LeaseStore, names: readonly string[]): Promise<readonly number[]> => {
    const held = (await store.held()).filter(({ name }) => names.includes(name));
    return projecting.map(({ pid }) => held.filter(({ holder }) => holder.split(' ')[1] === String(pid)).length);
  };

  /** Looks at the shares until they are so, and fails with what it saw last when that takes longer. */
  const within = async (milliseconds: number, so: (readModels: readonly number[], managers: readonly number[]) => void): Promise<void> => {
    const late = performance.now() + milliseconds;
    for (;;) {
      const [readModels, managers] = [await sharesOf(views.leases, READ_MODELS), await sharesOf(checkpoints.leases, POLICIES)];
      try {
        so(readModels, managers);
        return;
      } catch (failure) {
        if (performance.now() > late) throw failure;
      }
      await sleep(100);
    }
  };

  const shared = (readModels: readonly number[], managers: readonly number[]): void => {
    expect(readModels.toSorted((a, b) => a - b)).toEqual(halvesOf(READ_MODELS));
    expect(managers.toSorted((a, b) => a - b)).toEqual(halvesOf(POLICIES));
  };

  const allOn =
    (index: 0 | 1) =>
    (...shares: readonly (readonly number[])[]): void =>
      expect(shares).toEqual([READ_MODELS, POLICIES].map(({ length }) => (index === 0 ? [length, 0] : [0, length])));

  /** A lead is registered and converted by way of the first process, and read through the second as soon as that is acknowledged. */
  const leadGoesThrough = async ([first, second]: readonly [Server, Server]): Promise<void> => {
    const id = await registerLead(first);
    acknowledged.push(await second.done('qualifyLead', { id, temperature: 'HOT' }));
    const converted = await convertLead(first, id, pipelineId);
    acknowledged.push(converted);
    expect(
      await second.ask(
        'query ($id: ID!, $position: Position) { lead(id: $id, minPosition: $position) { status opportunity { amount { amount } } } }',
        { id, position: converted.position },
      ),
    ).toEqual({ lead: { status: 'CONVERTED', opportunity: { amount: { amount: '50000' } } } });
  };

  /** Clients of both processes, while something happens. */
  const underLoad = async (happening: () => Promise<void>): Promise<void> => {
    const done = new AbortController();
    const client = async (through: readonly [Server, Server]): Promise<void> => {
      do await leadGoesThrough(through);
      while (!done.signal.aborted);
    };
    const clients = Promise.all([client(answering), client([answering[1], answering[0]])]);
    await Promise.all([clients, happening().finally(() => done.abort())]);
  };

  it('share the read models and the process managers', async () => {
    await within(30_000, shared);
  });

  it('show through one what was written through another', async () => {
    await leadGoesThrough(answering);
    await leadGoesThrough([answering[1], answering[0]]);
  });

  it('take up within 10 s what one has that stands still, which gets its part back when it goes on', async () => {
    await underLoad(async () => {
      process.kill(projecting[0].pid, 'SIGSTOP');
      await within(MOVES_MS, allOn(1));
      process.kill(projecting[0].pid, 'SIGCONT');
      await within(30_000, shared);
    });
  });

  it('take up within 10 s what one has that is killed', async () => {
    await underLoad(async () => {
      await projecting[1].stop('SIGKILL');
      await within(MOVES_MS, allOn(0));
    });
  });

  it('have lost nothing and doubled nothing', async () => {
    await answering[0].ready();
    const events = await eventsIn(folder);
    for (const { commandId, recordId, revision } of acknowledged) {
      const own = events.filter(({ metadata }) => metadata.commandId === commandId);
      expect(own).toMatchObject([{ stream: { id: recordId }, revision }]);
    }
    const count = (wanted: string): number => events.filter(({ type }) => type === wanted).length;
    const conversions = count('LeadConverted');
    expect(conversions).toBe(acknowledged.length / 2);
    const made = ['AccountRegistered', 'ContactRegistered', 'OpportunityOpened'];
    expect(made.map(count)).toEqual(made.map(() => conversions));
    for (const server of [...answering, projecting[0]]) expect(await server.stop()).toMatchObject({ code: 0 });
    await expectReadModelsToEqualTheLog(folder);
  });
});
