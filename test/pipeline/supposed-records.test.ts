/**
 * What a command asks of the log: nothing about a record that it takes to be as remembered, or not there yet, since the append tells. And
 * what comes of two who do so at the same moment, on a log that knows all ids, and on one that compares them only where they are meant for.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { jsonEvent, KurrentDBClient } from '@kurrent/kurrentdb-client';
import { randomUUID } from 'node:crypto';
import type { AnyCommand, CommandClass } from '../../src/kernel/command.js';
import { fromInput } from '../../src/kernel/input.js';
import { openEmbeddedLog } from '../../src/log/embedded.js';
import { openKurrentLog } from '../../src/log/kurrent.js';
import { LogUnavailable, type EventLog } from '../../src/log/port.js';
import { CommandPipeline, type Outcome } from '../../src/pipeline/command-pipeline.js';
import { RegisterAccount } from '../../src/parties/account.js';
import { AssignLead, RegisterLead } from '../../src/sales/lead.js';
import { DefinePipeline, RetirePipeline } from '../../src/sales/define-pipeline.js';
import { OpenOpportunity } from '../../src/sales/opportunity.js';
import { temporaryFolder, type Folder } from '../support/folder.js';
import { startKurrentServer, type KurrentServer } from '../support/engines/kurrent.js';
import { overriding } from '../support/overriding.js';

let folder: Folder;
let server: KurrentServer;
let open: EventLog[];
beforeAll(async () => {
  server = await startKurrentServer();
});
beforeEach(() => {
  folder = temporaryFolder();
  open = [];
});
afterEach(async () => {
  await Promise.all(open.map((log) => log.close()));
  folder.remove();
});
afterAll(() => server.dispose());

/** The log that notes each call that reads: `readStream lead 0 1`. */
function noting(log: EventLog, calls: string[]): EventLog {
  return overriding(log, {
    readStream: (stream, from = 0, limit) => {
      calls.push(`readStream ${stream.type} ${from} ${limit ?? 'all'}`);
      return log.readStream(stream, from, limit);
    },
    readAll: (after, limit, types) => {
      calls.push('readAll');
      return log.readAll(after, limit, types);
    },
    head: () => {
      calls.push('head');
      return log.head();
    },
  });
}

/** The log that begins no append before so many have been asked for. */
function meeting(log: EventLog, count: number): EventLog {
  let asked = 0;
  let meet: () => void = () => undefined;
  const met = new Promise<void>((resolve) => {
    meet = resolve;
  });
  return overriding(log, {
    append: async (...append) => {
      asked += 1;
      if (asked === count) meet();
      await met;
      return log.append(...append);
    },
  });
}

/** The log that writes the next append and loses the answer. */
function forgetful(log: EventLog): EventLog {
  let lose = true;
  return overriding(log, {
    append: async (...append) => {
      const appended = await log.append(...append);
      if (!lose) return appended;
      lose = false;
      throw new LogUnavailable('connection lost');
    },
  });
}

const send = <C extends AnyCommand>(pipeline: CommandPipeline, command: CommandClass<C>, input: object): Promise<Outcome> =>
  pipeline.execute(fromInput(command, input), { actor: 'ana' });

/** What became of each: its outcome, or the code of what it was refused with. */
async function outcomes(sent: readonly Promise<Outcome>[]): Promise<readonly unknown[]> {
  const settled = await Promise.allSettled(sent);
  return settled.map((one) => (one.status === 'fulfilled' ? 'done' : (one.reason as { readonly code?: string }).code));
}

describe.each([
  ['in a file', () => Promise.resolve(openEmbeddedLog({ file: folder.events }))],
  ['on an event server', () => openKurrentLog({ url: server.url, prefix: `t${randomUUID().replaceAll('-', '')}.` })],
])('on a log %s', (_, openLog) => {
  let log: EventLog;
  beforeEach(async () => {
    log = await openLog();
    open.push(log);
  });

  const processes = (shared = log): readonly [CommandPipeline, CommandPipeline] => [
    new CommandPipeline({ log: shared }),
    new CommandPipeline({ log: shared }),
  ];
  const names = async (id: string): Promise<readonly unknown[]> =>
    (await log.readStream({ type: 'lead', id })).map(({ data }) => (data as { readonly name: string }).name);

  it('a record begins without a read, and goes on without one while it is remembered', async () => {
    const calls: string[] = [];
    const pipeline = new CommandPipeline({ log: noting(log, calls) });
    await send(pipeline, RegisterLead, { name: 'Ana' });
    const { stream } = await send(pipeline, RegisterLead, { id: 'lead-of-ion', name: 'Ion' });
    await send(pipeline, AssignLead, { id: stream.id, owner: 'bob' });
    expect(calls).toEqual([]);
  });

  it('a commandId that was given takes one event to be read after the append, and where the log ended to be asked once', async () => {
    const calls: string[] = [];
    const pipeline = new CommandPipeline({ log: noting(log, calls) });
    const { stream } = await send(pipeline, RegisterLead, { name: 'Ana', commandId: randomUUID() });
    await send(pipeline, AssignLead, { id: stream.id, owner: 'bob', commandId: randomUUID() });
    expect(calls).toEqual(['head', 'readStream lead 0 1', 'readStream lead 1 1']);
  });

  it('many at once under commandIds that were given are read back together', async () => {
    const calls: string[] = [];
    const pipeline = new CommandPipeline({ log: noting(log, calls) });
    const sent = Array.from({ length: 50 }, (_, index) => send(pipeline, RegisterLead, { name: `Lead ${index}`, commandId: randomUUID() }));
    for (const outcome of await Promise.all(sent)) expect(outcome).toMatchObject({ revision: 0, appended: 1, repeated: false });
    // Each as well by itself would be 50 reads.
    expect(calls.filter((call) => call.startsWith('read')).length).toBeLessThan(25);
  });

  it('many at once that look at one record read it a few times, each after it was asked', async () => {
    const calls: string[] = [];
    const pipeline = new CommandPipeline({ log: noting(log, calls) });
    const stages = [{ name: 'Offer', probability: 50 }];
    const { stream: sales } = await send(pipeline, DefinePipeline, { name: 'Standard', currency: 'EUR', stages, lossReasons: ['price'] });
    const { stream: account } = await send(pipeline, RegisterAccount, { name: 'Moara' });
    const amount = { amount: 1, currency: 'EUR' };
    const open20 = Array.from({ length: 20 }, (_, index) =>
      send(pipeline, OpenOpportunity, { name: `Deal ${index}`, accountId: account.id, pipelineId: sales.id, amount }),
    );
    await Promise.all(open20);
    expect(calls).toEqual(['readStream pipeline 1 all', 'readStream pipeline 1 all']);
    // A revision in another process counts from the next command on.
    await send(new CommandPipeline({ log }), RetirePipeline, { id: sales.id });
    const late = send(pipeline, OpenOpportunity, { name: 'Late', accountId: account.id, pipelineId: sales.id, amount });
    await expect(late).rejects.toMatchObject({ code: 'PIPELINE_RETIRED' });
  });

  it('one of two who begin a record under the same id at the same moment is refused', async () => {
    const [one, other] = processes(meeting(log, 2));
    const sent = [send(one, RegisterLead, { id: 'same', name: 'Ana' }), send(other, RegisterLead, { id: 'same', name: 'Ion' })];
    expect([...(await outcomes(sent))].sort()).toEqual(['LEAD_EXISTS', 'done']);
    expect(await names('same')).toHaveLength(1);
  });

  it.each([
    ['in one process', 1],
    ['in two processes', 2],
  ])('a command that is sent twice at the same moment %s is done once, and answered alike', async (_where, count) => {
    const shared = meeting(log, count);
    const [one, other] = processes(shared);
    const input = { name: 'Ana', commandId: randomUUID(), occurredAt: '2020-01-01T00:00:00Z' };
    const [first, second] = await Promise.all([send(one, RegisterLead, input), send(count === 2 ? other : one, RegisterLead, input)]);
    const told = ({ stream, revision, position }: Outcome) => ({ stream, revision, position });
    expect(told(first)).toEqual(told(second));
    expect(await names(first.stream.id)).toEqual(['Ana']);
  });

  it.each([
    ['in one process', 1],
    ['in two processes', 2],
  ])('one of two commands that are sent under one commandId at the same moment %s is refused', async (_where, count) => {
    const [one, other] = processes(meeting(log, count));
    const commandId = randomUUID();
    const sent = ['Ana', 'Ion'].map((name, index) => send(index < count - 1 ? other : one, RegisterLead, { name, commandId }));
    expect([...(await outcomes(sent))].sort()).toEqual(['COMMAND_ID_REUSED', 'done']);
  });

  it('so is one of two that are sent under one commandId about a record that is there', async () => {
    const { stream } = await send(new CommandPipeline({ log }), RegisterLead, { name: 'Ana' });
    const [one, other] = processes(meeting(log, 2));
    const commandId = randomUUID();
    const sent = [one, other].map((pipeline, index) => send(pipeline, AssignLead, { id: stream.id, owner: `user${index}`, commandId }));
    expect([...(await outcomes(sent))].sort()).toEqual(['COMMAND_ID_REUSED', 'done']);
    expect(await log.readStream(stream)).toHaveLength(2);
  });

  it('after a lost answer the same command answers as the first time, and other input under its id is refused', async () => {
    for (const id of [undefined, 'given']) {
      const pipeline = new CommandPipeline({ log: forgetful(log) });
      const input = { name: 'Ana', commandId: randomUUID(), ...(id === undefined ? {} : { id }) };
      await expect(send(pipeline, RegisterLead, input)).rejects.toThrow('connection lost');
      await expect(send(pipeline, RegisterLead, { ...input, name: 'Ion' })).rejects.toMatchObject({ code: 'COMMAND_ID_REUSED' });
      const again = await send(pipeline, RegisterLead, input);
      expect(again).toMatchObject({ revision: 0 });
      expect(await names(again.stream.id)).toEqual(['Ana']);
    }
  });

  it('a command that ran before another process began is told to be repeated, though nothing tells the two apart', async () => {
    const input = { name: 'Ana', commandId: randomUUID(), occurredAt: '2020-01-01T00:00:00Z' };
    const first = await send(new CommandPipeline({ log }), RegisterLead, input);
    expect(first).toMatchObject({ appended: 1, repeated: false });
    const again = await send(new CommandPipeline({ log }), RegisterLead, input);
    expect(again).toEqual({ ...first, appended: 0, repeated: true });
  });

  it('a rule that says no of a record that could begin is overruled by what the record is', async () => {
    const [one, other] = processes();
    await send(one, RegisterLead, { id: 'taken', name: 'Ana' });
    await expect(send(other, RegisterLead, { id: 'taken', name: 'Ion' })).rejects.toMatchObject({ code: 'LEAD_EXISTS' });
    const amount = { amount: 1, currency: 'EUR' };
    const opening = send(one, OpenOpportunity, { name: 'Ovens', accountId: 'nowhere', pipelineId: 'none', amount });
    await expect(opening).rejects.toMatchObject({ code: 'ACCOUNT_NOT_FOUND' });
  });
});

describe('on an event server', () => {
  it('a record begins again where its stream was deleted, and after what somebody else put there', async () => {
    const client = KurrentDBClient.connectionString(server.url);
    const prefix = `t${randomUUID().replaceAll('-', '')}.`;
    const log = await openKurrentLog({ url: server.url, prefix });
    open.push(log);
    const pipeline = new CommandPipeline({ log });
    try {
      await send(pipeline, RegisterLead, { id: 'deleted', name: 'Ana' });
      await client.deleteStream(`${prefix}lead-deleted`);
      await client.appendToStream(`${prefix}lead-foreign`, [jsonEvent({ type: 'Foreign', data: {} })]);
      const fresh = new CommandPipeline({ log });
      expect(await send(fresh, RegisterLead, { id: 'deleted', name: 'Ion' })).toMatchObject({ revision: 1, appended: 1 });
      expect(await send(fresh, RegisterLead, { id: 'foreign', name: 'Ion' })).toMatchObject({ revision: 1, appended: 1 });
    } finally {
      await client.dispose();
    }
  });
});
