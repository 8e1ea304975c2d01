/** Command handling: a command runs once however often it is sent, on the current state, or is refused. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { domain } from '../../src/domain.js';
import { openEmbeddedLog } from '../../src/log/embedded.js';
import { LogUnavailable, type EventLog } from '../../src/log/port.js';
import type { Command } from '../../src/kernel/command.js';
import { Rejection } from '../../src/kernel/rejection.js';
import { CommandHandler, type Outcome } from '../../src/command-handling/command-handler.js';
import { AssignLead, RegisterLead, ReviseLead } from '../../src/sales/lead.js';
import { DisqualifyLead, QualifyLead, ReopenLead } from '../../src/sales/qualify-lead.js';
import { DefinePipeline, RevisePipeline } from '../../src/sales/define-pipeline.js';
import { AdvanceOpportunity, OpenOpportunity } from '../../src/sales/opportunity.js';
import { RegisterAccount } from '../../src/parties/account.js';
import { temporaryFolder, type Folder } from '../support/folder.js';
import { overriding } from '../support/overriding.js';

const by = { actor: 'ana' };

describe.each([
  ['with the state cache', 1_000],
  ['without it', 0],
])('the command handler %s', (_, cacheSize) => {
  let folder: Folder;
  let log: EventLog;
  let commandHandler: CommandHandler;

  beforeEach(() => {
    folder = temporaryFolder();
    log = openEmbeddedLog({ file: folder.events });
    commandHandler = new CommandHandler({ log, definitions: domain.definitions, cacheSize });
  });

  afterEach(async () => {
    await log.close();
    folder.remove();
  });

  const send = (command: Command, through = commandHandler): Promise<Outcome> => through.execute(command, by);

  const codeOf = async (sent: Promise<unknown>): Promise<string> => {
    const failure: unknown = await sent.then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(Rejection);
    return (failure as Rejection).code;
  };

  const eventTypes = async (id: string): Promise<readonly string[]> => (await log.readStream({ type: 'lead', id })).map(({ type }) => type);

  const registered = async (): Promise<string> => (await send(RegisterLead({ name: 'Ana' }))).stream.id;

  it("appends a command's events and returns the revision of the record", async () => {
    const created = await send(RegisterLead({ name: 'Ana' }));
    expect(created).toMatchObject({ revision: 0, appended: 1, repeated: false });
    const qualified = await send(QualifyLead({ id: created.stream.id, temperature: 'hot', score: 80 }));
    expect(qualified.revision).toBe(1);
    expect(qualified.position).toBeGreaterThan(created.position);
    expect(await eventTypes(created.stream.id)).toEqual(['LeadRegistered', 'LeadQualified']);
  });

  it('stores actor, onBehalfOf, causation and times with each event', async () => {
    const command = RegisterLead({ name: 'Ana', occurredAt: '2018-02-01T10:00:00+02:00' });
    const { stream, commandId } = await commandHandler.execute(command, {
      actor: 'import',
      onBehalfOf: 'ana',
      correlationId: 'c-1',
      causationId: 'e-1',
    });
    const [event] = await log.readStream(stream);
    expect(event?.metadata).toMatchObject({
      commandId,
      actor: 'import',
      onBehalfOf: 'ana',
      correlationId: 'c-1',
      causationId: 'e-1',
      occurredAt: '2018-02-01T08:00:00.000Z',
    });
  });

  it('answers a repeated command with its first result, whatever happened in between', async () => {
    const commandId = randomUUID();
    const first = await send(RegisterLead({ name: 'Ana', commandId }));
    await send(QualifyLead({ id: first.stream.id, temperature: 'hot' }));
    const again = await send(RegisterLead({ name: 'Ana', commandId }));
    expect(again).toMatchObject({ stream: first.stream, revision: 0, position: first.position, repeated: true, appended: 0 });
    expect(await eventTypes(first.stream.id)).toEqual(['LeadRegistered', 'LeadQualified']);
  });

  it('recognizes a repeated command after a restart', async () => {
    const commandId = randomUUID();
    const first = await send(RegisterLead({ name: 'Ana', commandId }));
    const again = await send(
      RegisterLead({ name: 'Ana', commandId }),
      new CommandHandler({ log, definitions: domain.definitions, cacheSize }),
    );
    expect(again).toMatchObject({ stream: first.stream, revision: 0, repeated: true });
  });

  it('runs a command once when it is sent twice at the same time', async () => {
    const id = await registered();
    const commandId = randomUUID();
    const input = { id, temperature: 'hot', commandId } as const;
    const outcomes = await Promise.all([send(QualifyLead(input)), send(QualifyLead(input))]);
    expect(outcomes.map(({ revision }) => revision)).toEqual([1, 1]);
    expect(await eventTypes(id)).toEqual(['LeadRegistered', 'LeadQualified']);
  });

  it('refuses a commandId that is used for other input, on the same record or another', async () => {
    const id = await registered();
    const other = await registered();
    const commandId = randomUUID();
    await send(QualifyLead({ id, temperature: 'hot', commandId }));
    expect(await codeOf(send(QualifyLead({ id, temperature: 'cold', commandId })))).toBe('COMMAND_ID_REUSED');
    expect(await codeOf(send(QualifyLead({ id: other, temperature: 'hot', commandId })))).toBe('COMMAND_ID_REUSED');
    expect(await eventTypes(other)).toEqual(['LeadRegistered']);
  });

  it('refuses with STALE_REVISION when the record is at another revision, and writes nothing', async () => {
    const id = await registered();
    await send(AssignLead({ id, ownerId: 'bob', expectedRevision: 0 }));
    expect(await codeOf(send(AssignLead({ id, ownerId: 'eve', expectedRevision: 0 })))).toBe('STALE_REVISION');
    expect(await eventTypes(id)).toEqual(['LeadRegistered', 'LeadAssigned']);
  });

  it('decides again on the new state when others changed the record at the same time', async () => {
    const id = await registered();
    const others = Array.from({ length: 4 }, () => new CommandHandler({ log, definitions: domain.definitions, cacheSize }));
    const owners = Array.from({ length: 24 }, (_, index) => `user${index}`);
    const outcomes = await Promise.all(
      owners.map((owner, index) => send(AssignLead({ id, ownerId: owner }), others[index % others.length] ?? commandHandler)),
    );
    expect(new Set(outcomes.map(({ revision }) => revision)).size).toBe(owners.length);
    expect(await eventTypes(id)).toHaveLength(owners.length + 1);
  });

  it('reads the log before it refuses a command because of a cached state', async () => {
    const id = await registered();
    const other = new CommandHandler({ log, definitions: domain.definitions, cacheSize });
    await send(DisqualifyLead({ id, reason: 'no budget' }));
    await send(ReopenLead({ id }), other);
    await expect(send(QualifyLead({ id, temperature: 'warm' }))).resolves.toMatchObject({ revision: 3 });
  });

  it('uses the current state of another record, even if another process changed it since it was cached', async () => {
    const { stream: account } = await send(RegisterAccount({ name: 'Moara' }));
    const stages = ['Contacted', 'Demo', 'Offer'].map((name) => ({ name, probability: 50 }));
    const { stream: sales } = await send(DefinePipeline({ name: 'Standard', currency: 'EUR', stages, lossReasons: ['price'] }));
    const amount = { amount: 100, currency: 'EUR' };
    const { stream } = await send(OpenOpportunity({ name: 'Ovens', accountId: account.id, pipelineId: sales.id, amount }));
    await send(AdvanceOpportunity({ id: stream.id, stage: 'Offer' }));

    const other = new CommandHandler({ log, definitions: domain.definitions, cacheSize });
    const kept = stages.filter(({ name }) => name !== 'Demo');
    await send(RevisePipeline({ id: sales.id, stages: kept, moves: [{ from: 'Demo', to: 'Offer' }] }), other);
    expect(await codeOf(send(AdvanceOpportunity({ id: stream.id, stage: 'Demo' })))).toBe('STAGE_UNKNOWN');
  });

  it('writes nothing when a command changes nothing', async () => {
    const id = await registered();
    await expect(send(ReviseLead({ id, name: 'Ana' }))).resolves.toMatchObject({ appended: 0, revision: 0 });
    expect(await eventTypes(id)).toEqual(['LeadRegistered']);
  });

  it('refuses an unknown id, with its field', async () => {
    expect(await codeOf(send(QualifyLead({ id: 'nobody', temperature: 'hot' })))).toBe('LEAD_NOT_FOUND');
    const opening = send(
      OpenOpportunity({
        name: 'Ovens',
        accountId: 'nowhere',
        pipelineId: 'none',
        amount: { amount: 1, currency: 'EUR' },
      }),
    );
    await expect(opening).rejects.toMatchObject({ code: 'ACCOUNT_NOT_FOUND', field: 'accountId' });
  });

  it('refuses to create a record that exists', async () => {
    const id = await registered();
    expect(await codeOf(send(RegisterLead({ id, name: 'Bob' })))).toBe('LEAD_EXISTS');
  });

  it('refuses an occurredAt in the future', async () => {
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
    expect(await codeOf(send(RegisterLead({ name: 'Ana', occurredAt: tomorrow })))).toBe('OCCURRED_IN_FUTURE');
  });

  it('writes once when the response to an append is lost and the command is sent again', async () => {
    let lose = true;
    const forgetful: EventLog = overriding(log, {
      append: async (...append: Parameters<EventLog['append']>) => {
        const appended = await log.append(...append);
        if (lose) throw new Error('connection lost');
        return appended;
      },
    });
    const unreliable = new CommandHandler({ log: forgetful, definitions: domain.definitions, cacheSize });
    const commandId = randomUUID();
    await expect(send(RegisterLead({ name: 'Ana', commandId }), unreliable)).rejects.toThrow('connection lost');
    lose = false;
    const { stream, revision } = await send(RegisterLead({ name: 'Ana', commandId }), unreliable);
    expect(revision).toBe(0);
    expect(await eventTypes(stream.id)).toEqual(['LeadRegistered']);
  });

  it('refuses other input under the same commandId, even if the first response was lost', async () => {
    const id = await registered();
    let lose = true;
    const forgetful: EventLog = overriding(log, {
      append: async (...append: Parameters<EventLog['append']>) => {
        const appended = await log.append(...append);
        if (lose) throw new LogUnavailable('connection lost');
        return appended;
      },
    });
    const unreliable = new CommandHandler({ log: forgetful, definitions: domain.definitions, cacheSize });
    await send(ReviseLead({ id, name: 'Ana' }), unreliable);
    const commandId = randomUUID();
    await expect(send(AssignLead({ id, ownerId: 'bob', commandId }), unreliable)).rejects.toThrow('connection lost');
    lose = false;
    expect(await codeOf(send(AssignLead({ id, ownerId: 'eve', commandId }), unreliable))).toBe('COMMAND_ID_REUSED');
  });

  it('refuses other input under a commandId that ran in another process, on a stale cached record', async () => {
    const id = await registered();
    const other = new CommandHandler({ log, definitions: domain.definitions, cacheSize });
    const commandId = randomUUID();
    const first = await send(AssignLead({ id, ownerId: 'bob', commandId }), other);
    expect(await codeOf(send(AssignLead({ id, ownerId: 'eve', commandId })))).toBe('COMMAND_ID_REUSED');
    expect(await send(AssignLead({ id, ownerId: 'bob', commandId }))).toMatchObject({
      repeated: true,
      revision: first.revision,
      appended: 0,
    });
    await send(AssignLead({ id, ownerId: 'eve' }));
    expect(await log.readStream({ type: 'lead', id }, 1)).toMatchObject([{ data: { ownerId: 'bob' } }, { data: { ownerId: 'eve' } }]);
  });

  it('distinguishes a cleared field from one that is left out', async () => {
    const id = await registered();
    const commandId = randomUUID();
    await send(ReviseLead({ id, name: 'Bob', commandId }));
    expect(await codeOf(send(ReviseLead({ id, name: 'Bob', email: null, commandId })))).toBe('COMMAND_ID_REUSED');
  });

  it('recognizes a command whatever the order of its fields', async () => {
    const { stream: account } = await send(RegisterAccount({ name: 'Moara' }));
    const stages = [{ name: 'Contacted', probability: 50 }];
    const { stream: sales } = await send(DefinePipeline({ name: 'Standard', currency: 'EUR', stages, lossReasons: ['price'] }));
    const given = { name: 'Ovens', accountId: account.id, pipelineId: sales.id, commandId: randomUUID() };
    await send(OpenOpportunity({ ...given, amount: { amount: 100, currency: 'EUR' } }));
    const again = await send(OpenOpportunity({ amount: { currency: 'EUR', amount: 100 }, ...given }));
    expect(again.repeated).toBe(true);
  });

  it('returns the position of the reaction, also when it is sent again', async () => {
    const reacted: string[] = [];
    commandHandler.react((events) => {
      reacted.push(...events.map(({ type }) => type));
      return Promise.resolve(4711);
    });
    const commandId = randomUUID();
    await expect(send(RegisterLead({ name: 'Ana', commandId }))).resolves.toMatchObject({ position: 4711 });
    await expect(send(RegisterLead({ name: 'Ana', commandId }))).resolves.toMatchObject({ position: 4711, repeated: true });
    expect(reacted).toEqual(['LeadRegistered', 'LeadRegistered']);
  });
});
