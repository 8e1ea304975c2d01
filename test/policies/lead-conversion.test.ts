/** A conversion, cut short anywhere, ends in exactly one account, contact and opportunity. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { commandsByName } from '../../src/domain.js';
import { derivedId } from '../../src/kernel/derived-id.js';
import { fromInput } from '../../src/kernel/input.js';
import type { RecordedEvent } from '../../src/kernel/event.js';
import { openEmbeddedLog } from '../../src/log/embedded.js';
import type { EventLog } from '../../src/log/port.js';
import { CommandPipeline, type Outcome } from '../../src/pipeline/command-pipeline.js';
import { leadConversion } from '../../src/policies/lead-conversion.js';
import { Reactor, type Refusal } from '../../src/policies/reactor.js';
import { progressOf, runPolicy } from '../../src/policies/runner.js';
import { openEmbeddedViewReader, openEmbeddedViewWriter } from '../../src/views/embedded.js';
import { isBegun, servedBuild } from '../../src/views/builds.js';
import type { Lease, ViewReader, ViewWriter } from '../../src/views/port.js';
import { temporaryFolder, type Folder } from '../support/folder.js';
import { overriding } from '../support/overriding.js';

const PIPELINE = {
  id: 'standard',
  name: 'Standard',
  currency: 'EUR',
  stages: [
    { name: 'Contacted', probability: 20 },
    { name: 'Offer', probability: 60 },
  ],
  lossReasons: ['price'],
};
const model = progressOf(leadConversion);
const OPPORTUNITY = { pipelineId: 'standard', amount: { amount: 500_00, currency: 'EUR' } };

/** This policy asks no read model. */
const unasked = (): never => {
  throw new Error('asked for a build');
};

describe('the lead conversion', () => {
  let folder: Folder;
  let log: EventLog;
  let views: ViewReader;
  let checkpoints: ViewWriter;
  let refusals: Refusal[];

  beforeEach(async () => {
    folder = temporaryFolder();
    log = openEmbeddedLog({ file: folder.events });
    checkpoints = await openEmbeddedViewWriter({ file: folder.views });
    views = await openEmbeddedViewReader({ file: folder.views, threads: 0 });
    refusals = [];
  });

  afterEach(async () => {
    await views.close();
    await checkpoints.close();
    await log.close();
    folder.remove();
  });

  const reactorOn = (pipeline: CommandPipeline): Reactor =>
    new Reactor({
      pipeline,
      policies: [leadConversion],
      context: { views, build: () => unasked() },
      onRefusal: (refusal) => refusals.push(refusal),
    });

  const send = (pipeline: CommandPipeline, name: string, input: object): Promise<Outcome> => {
    const command = commandsByName.get(name);
    if (!command) throw new Error(`no command ${name}`);
    return pipeline.execute(fromInput(command, input), { actor: 'ana' });
  };

  /** A qualified lead of a company, and a pipeline. */
  const qualifiedLead = async (): Promise<string> => {
    const pipeline = new CommandPipeline({ log });
    await send(pipeline, 'DefinePipeline', PIPELINE);
    const { stream } = await send(pipeline, 'RegisterLead', {
      name: 'Ana Pop',
      company: 'Brutăria Ana',
      email: 'ana@example.com',
      origin: 'fair',
    });
    await send(pipeline, 'QualifyLead', { id: stream.id, temperature: 'hot' });
    return stream.id;
  };

  const everything = async (): Promise<readonly RecordedEvent[]> => (await log.readAll(0, 1_000)).events;
  const typesOf = (events: readonly RecordedEvent[], ...streams: string[]): readonly string[] =>
    events.filter(({ stream }) => streams.includes(stream.type)).map(({ type }) => type);

  /** Runs the process managers as the server does, until they have reacted to the whole log. */
  const runPolicies = async (): Promise<void> => {
    const stop = new AbortController();
    const reactor = reactorOn(new CommandPipeline({ log }));
    const head = await log.head();
    const told = overriding(checkpoints, {
      commit: async (commits: Parameters<ViewWriter['commit']>[0]) => {
        await checkpoints.commit(commits);
        if (commits.some(({ to }) => to >= head)) stop.abort();
      },
    });
    const onRetry = (failure: unknown): never => {
      throw failure;
    };
    const lease = await leased();
    await runPolicy({ log, checkpoints: told, lease: () => lease, reactor, policy: leadConversion, onRetry }, stop.signal);
  };

  /** The right to react, for as long as the test lasts. */
  const leased = async (): Promise<Lease> => {
    const [lease] = await checkpoints.take([model.name], 'test', 600_000);
    if (!lease) throw new Error('somebody else has the lease');
    return lease;
  };

  it('makes the account, the contact and the opportunity that the lead told, and answers when they are there', async () => {
    const id = await qualifiedLead();
    const pipeline = new CommandPipeline({ log });
    const reactor = reactorOn(pipeline);
    pipeline.react((events) => reactor.react(events));
    const { position } = await send(pipeline, 'ConvertLead', { id, opportunity: OPPORTUNITY });

    const events = await everything();
    expect(typesOf(events, 'account', 'contact', 'opportunity')).toEqual(['AccountRegistered', 'ContactRegistered', 'OpportunityOpened']);
    expect(position).toBe(events.at(-1)?.position);
    const [account, contact, opened] = events.slice(-3);
    expect(account?.stream.id).toBe(derivedId(id, 'account'));
    expect(account?.data).toMatchObject({ name: 'Brutăria Ana', owner: 'ana' });
    expect(contact?.data).toMatchObject({ name: 'Ana Pop', email: 'ana@example.com', accountId: account?.stream.id });
    expect(opened?.data).toMatchObject({
      accountId: account?.stream.id,
      contactId: contact?.stream.id,
      lead: { id, source: { origin: 'fair' } },
    });
    expect(opened?.metadata).toMatchObject({ actor: 'policy:leadConversion', onBehalfOf: 'ana' });
    const converted = events.find(({ type }) => type === 'LeadConverted');
    expect(opened?.metadata).toMatchObject({ causationId: converted?.id, correlationId: converted?.metadata.correlationId });
  });

  it.each([0, 1, 2, 3])('ends in exactly one of each when it dies after %i of its three steps', async (survived) => {
    const id = await qualifiedLead();
    let appends = 0;
    const mortal: EventLog = overriding(log, {
      append: (...append: Parameters<EventLog['append']>) => {
        if (appends++ > survived) throw new Error('killed');
        return log.append(...append);
      },
    });
    const pipeline = new CommandPipeline({ log: mortal });
    const reactor = reactorOn(pipeline);
    pipeline.react((events) => reactor.react(events));
    const conversion = send(pipeline, 'ConvertLead', { id, opportunity: OPPORTUNITY });
    await (survived < 3 ? expect(conversion).rejects.toThrow('killed') : expect(conversion).resolves.toBeDefined());
    expect(typesOf(await everything(), 'account', 'contact', 'opportunity')).toHaveLength(survived);

    await runPolicies();
    expect(typesOf(await everything(), 'account', 'contact', 'opportunity')).toEqual([
      'AccountRegistered',
      'ContactRegistered',
      'OpportunityOpened',
    ]);
    expect(refusals).toEqual([]);
  });

  it('acts once when its checkpoint is lost and it runs again over everything', async () => {
    const id = await qualifiedLead();
    await send(new CommandPipeline({ log }), 'ConvertLead', { id, opportunity: OPPORTUNITY });
    await runPolicies();
    const head = await log.head();
    const build = servedBuild(await checkpoints.builds(), model);
    if (!isBegun(build)) throw new Error('It has no checkpoint.');
    await checkpoints.reset(build, await leased());
    await runPolicies();
    expect(await log.head()).toBe(head);
  });

  it('uses the account and the contact that exist, and opens nothing that was not asked for', async () => {
    const id = await qualifiedLead();
    const pipeline = new CommandPipeline({ log });
    const account = await send(pipeline, 'RegisterAccount', { name: 'Moara' });
    await send(pipeline, 'ConvertLead', { id, account: { accountId: account.stream.id }, withoutContact: true });
    await runPolicies();
    expect(typesOf(await everything(), 'account', 'contact', 'opportunity')).toEqual(['AccountRegistered']);
  });

  it('tells an operator of a step that a rule refused, and goes on with the next', async () => {
    const id = await qualifiedLead();
    const pipeline = new CommandPipeline({ log });
    await send(pipeline, 'RegisterAccount', { id: derivedId(id, 'account'), name: 'In the way' });
    await send(pipeline, 'ConvertLead', { id, opportunity: OPPORTUNITY });
    await runPolicies();
    expect(refusals.map(({ step, rejection }) => [step, rejection.code])).toEqual([['account', 'ACCOUNT_EXISTS']]);
    expect(typesOf(await everything(), 'contact', 'opportunity')).toEqual(['ContactRegistered', 'OpportunityOpened']);
  });
});
