/**
 * The reads of a command: none for a record that is assumed to be as cached or not to exist, because the append checks it. And the
 * results of two commands that do so at the same time, on a log that knows all event ids, and on one that compares ids only at their revision.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { jsonEvent, KurrentDBClient } from '@kurrent/kurrentdb-client';
import { randomUUID } from 'node:crypto';
import { domain } from '../../src/domain.js';
import type { Command } from '../../src/kernel/command.js';
import { openEmbeddedLog } from '../../src/log/embedded.js';
import { openKurrentLog } from '../../src/log/kurrent.js';
import { LogUnavailable, type EventLog } from '../../src/log/port.js';
import { CommandHandler, type Outcome } from '../../src/command-handling/command-handler.js';
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

/** A log that records each read: `readStream lead 0 1`. */
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

/** A log that delays appends until there are a number of them. */
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

/** A log that writes the next append and loses its response. */
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

const send = (commandHandler: CommandHandler, command: Command): Promise<Outcome> => commandHandler.execute(command, { actor: 'ana' });

/** The outcome of each, or the code of its refusal. */
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

  const processes = (shared = log): readonly [CommandHandler, CommandHandler] => [
    new CommandHandler({ log: shared, definitions: domain.definitions }),
    new CommandHandler({ log: shared, definitions: domain.definitions }),
  ];
  const names = async (id: string): Promise<readonly unknown[]> =>
    (await log.readStream({ type: 'lead', id })).map(({ data }) => (data as { readonly name: string }).name);

  it('a record is created without a read, and changed without one while it is cached', async () => {
    const calls: string[] = [];
    const commandHandler = new CommandHandler({ log: noting(log, calls), definitions: domain.definitions });
    await send(commandHandler, RegisterLead({ name: 'Ana' }));
    const { stream } = await send(commandHandler, RegisterLead({ id: 'lead-of-ion', name: 'Ion' }));
    await send(commandHandler, AssignLead({ id: stream.id, ownerId: 'bob' }));
    expect(calls).toEqual([]);
  });

  it('a given commandId takes a read of one event after the append, and one read of the end of the log', async () => {
    const calls: string[] = [];
    const commandHandler = new CommandHandler({ log: noting(log, calls), definitions: domain.definitions });
    const { stream } = await send(commandHandler, RegisterLead({ name: 'Ana', commandId: randomUUID() }));
    await send(commandHandler, AssignLead({ id: stream.id, ownerId: 'bob', commandId: randomUUID() }));
    expect(calls).toEqual(['head', 'readStream lead 0 1', 'readStream lead 1 1']);
  });

  it('many at once with given commandIds are read back together', async () => {
    const calls: string[] = [];
    const commandHandler = new CommandHandler({ log: noting(log, calls), definitions: domain.definitions });
    const sent = Array.from({ length: 50 }, (_, index) =>
      send(commandHandler, RegisterLead({ name: `Lead ${index}`, commandId: randomUUID() })),
    );
    for (const outcome of await Promise.all(sent)) expect(outcome).toMatchObject({ revision: 0, appended: 1, repeated: false });
    // Each as well by itself would be 50 reads.
    expect(calls.filter((call) => call.startsWith('read')).length).toBeLessThan(25);
  });

  it('many at once that need one other record share a few reads, each begun after the command', async () => {
    const calls: string[] = [];
    const commandHandler = new CommandHandler({ log: noting(log, calls), definitions: domain.definitions });
    const stages = [{ name: 'Offer', probability: 50 }];
    const { stream: sales } = await send(
      commandHandler,
      DefinePipeline({ name: 'Standard', currency: 'EUR', stages, lossReasons: ['price'] }),
    );
    const { stream: account } = await send(commandHandler, RegisterAccount({ name: 'Moara' }));
    const amount = { amount: 1, currency: 'EUR' };
    const open20 = Array.from({ length: 20 }, (_, index) =>
      send(commandHandler, OpenOpportunity({ name: `Deal ${index}`, accountId: account.id, pipelineId: sales.id, amount })),
    );
    await Promise.all(open20);
    expect(calls).toEqual(['readStream pipeline 1 all', 'readStream pipeline 1 all']);
    // A revision in another process counts from the next command on.
    await send(new CommandHandler({ log, definitions: domain.definitions }), RetirePipeline({ id: sales.id }));
    const late = send(commandHandler, OpenOpportunity({ name: 'Late', accountId: account.id, pipelineId: sales.id, amount }));
    await expect(late).rejects.toMatchObject({ code: 'PIPELINE_RETIRED' });
  });

  it('one of two that create a record with the same id at the same time is refused', async () => {
    const [one, other] = processes(meeting(log, 2));
    const sent = [send(one, RegisterLead({ id: 'same', name: 'Ana' })), send(other, RegisterLead({ id: 'same', name: 'Ion' }))];
    expect([...(await outcomes(sent))].sort()).toEqual(['LEAD_EXISTS', 'done']);
    expect(await names('same')).toHaveLength(1);
  });

  it.each([
    ['in one process', 1],
    ['in two processes', 2],
  ])('a command that is sent twice at the same time %s runs once, with the same result', async (_where, count) => {
    const shared = meeting(log, count);
    const [one, other] = processes(shared);
    const input = { name: 'Ana', commandId: randomUUID(), occurredAt: '2020-01-01T00:00:00Z' };
    const [first, second] = await Promise.all([send(one, RegisterLead(input)), send(count === 2 ? other : one, RegisterLead(input))]);
    const told = ({ stream, revision, position }: Outcome) => ({ stream, revision, position });
    expect(told(first)).toEqual(told(second));
    expect(await names(first.stream.id)).toEqual(['Ana']);
  });

  it.each([
    ['in one process', 1],
    ['in two processes', 2],
  ])('one of two commands with the same commandId at the same time %s is refused', async (_where, count) => {
    const [one, other] = processes(meeting(log, count));
    const commandId = randomUUID();
    const sent = ['Ana', 'Ion'].map((name, index) => send(index < count - 1 ? other : one, RegisterLead({ name, commandId })));
    expect([...(await outcomes(sent))].sort()).toEqual(['COMMAND_ID_REUSED', 'done']);
  });

  it('one of two commands with the same commandId on an existing record is refused', async () => {
    const { stream } = await send(new CommandHandler({ log, definitions: domain.definitions }), RegisterLead({ name: 'Ana' }));
    const [one, other] = processes(meeting(log, 2));
    const commandId = randomUUID();
    const sent = [one, other].map((commandHandler, index) =>
      send(commandHandler, AssignLead({ id: stream.id, ownerId: `user${index}`, commandId })),
    );
    expect([...(await outcomes(sent))].sort()).toEqual(['COMMAND_ID_REUSED', 'done']);
    expect(await log.readStream(stream)).toHaveLength(2);
  });

  it('after a lost response the same command returns its first result, and other input under its id is refused', async () => {
    for (const id of [undefined, 'given']) {
      const commandHandler = new CommandHandler({ log: forgetful(log), definitions: domain.definitions });
      const input = { name: 'Ana', commandId: randomUUID(), ...(id === undefined ? {} : { id }) };
      await expect(send(commandHandler, RegisterLead(input))).rejects.toThrow('connection lost');
      await expect(send(commandHandler, RegisterLead({ ...input, name: 'Ion' }))).rejects.toMatchObject({ code: 'COMMAND_ID_REUSED' });
      const again = await send(commandHandler, RegisterLead(input));
      expect(again).toMatchObject({ revision: 0 });
      expect(await names(again.stream.id)).toEqual(['Ana']);
    }
  });

  it('a command that ran before another process started is reported as repeated, although its events are identical', async () => {
    const input = { name: 'Ana', commandId: randomUUID(), occurredAt: '2020-01-01T00:00:00Z' };
    const first = await send(new CommandHandler({ log, definitions: domain.definitions }), RegisterLead(input));
    expect(first).toMatchObject({ appended: 1, repeated: false });
    const again = await send(new CommandHandler({ log, definitions: domain.definitions }), RegisterLead(input));
    expect(again).toEqual({ ...first, appended: 0, repeated: true });
  });

  it('a refusal on the assumption of a new record is replaced by the result on the actual record', async () => {
    const [one, other] = processes();
    await send(one, RegisterLead({ id: 'taken', name: 'Ana' }));
    await expect(send(other, RegisterLead({ id: 'taken', name: 'Ion' }))).rejects.toMatchObject({ code: 'LEAD_EXISTS' });
    const amount = { amount: 1, currency: 'EUR' };
    const opening = send(one, OpenOpportunity({ name: 'Ovens', accountId: 'nowhere', pipelineId: 'none', amount }));
    await expect(opening).rejects.toMatchObject({ code: 'ACCOUNT_NOT_FOUND' });
  });
});

describe('on an event server', () => {
  it("a record can be created again after its stream was deleted, and after other programs' events", async () => {
    const client = KurrentDBClient.connectionString(server.url);
    const prefix = `t${randomUUID().replaceAll('-', '')}.`;
    const log = await openKurrentLog({ url: server.url, prefix });
    open.push(log);
    const commandHandler = new CommandHandler({ log, definitions: domain.definitions });
    try {
      await send(commandHandler, RegisterLead({ id: 'deleted', name: 'Ana' }));
      await client.deleteStream(`${prefix}lead-deleted`);
      await client.appendToStream(`${prefix}lead-foreign`, [jsonEvent({ type: 'Foreign', data: {} })]);
      const fresh = new CommandHandler({ log, definitions: domain.definitions });
      expect(await send(fresh, RegisterLead({ id: 'deleted', name: 'Ion' }))).toMatchObject({ revision: 1, appended: 1 });
      expect(await send(fresh, RegisterLead({ id: 'foreign', name: 'Ion' }))).toMatchObject({ revision: 1, appended: 1 });
    } finally {
      await client.dispose();
    }
  });
});
