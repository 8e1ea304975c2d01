/** A pipeline's revision drops a stage: the open opportunities in it move where it says, once, and no others ever do. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { opportunities } from '../../projections/sales/opportunities.js';
import { commandsByName } from '../../src/domain.js';
import { fromInput } from '../../src/kernel/input.js';
import { openEmbeddedLog } from '../../src/log/embedded.js';
import type { EventLog } from '../../src/log/port.js';
import { CommandPipeline, type Outcome } from '../../src/pipeline/command-pipeline.js';
import { Reactor, type Refusal } from '../../src/policies/reactor.js';
import { stageMoves } from '../../src/policies/stage-moves.js';
import { Projector } from '../../src/projector/projector.js';
import { servedBuild } from '../../src/views/builds.js';
import { openEmbeddedViewReader, openEmbeddedViewWriter } from '../../src/views/embedded.js';
import type { ViewReader, ViewWriter } from '../../src/views/port.js';
import { temporaryFolder, type Folder } from '../support/folder.js';

const stages = ['Contacted', 'Demo', 'Offer', 'Contract'].map((name) => ({ name, probability: 50 }));
const withoutDemo = { id: 'standard', stages: stages.filter(({ name }) => name !== 'Demo'), moves: [{ from: 'Demo', to: 'Offer' }] };

describe('the moves out of a dropped stage', () => {
  let folder: Folder;
  let log: EventLog;
  let views: ViewReader;
  let writer: ViewWriter;
  let pipeline: CommandPipeline;
  let refusals: Refusal[];

  beforeEach(async () => {
    folder = temporaryFolder();
    log = openEmbeddedLog({ file: folder.events });
    writer = await openEmbeddedViewWriter({ file: folder.views });
    views = await openEmbeddedViewReader({ file: folder.views, threads: 0 });
    pipeline = new CommandPipeline({ log });
    refusals = [];
    await send('DefinePipeline', { id: 'standard', name: 'Standard', currency: 'EUR', stages, lossReasons: ['price'] });
    await send('RegisterAccount', { id: 'moara', name: 'Moara' });
  });

  afterEach(async () => {
    await views.close();
    await writer.close();
    await log.close();
    folder.remove();
  });

  const send = (name: string, input: object): Promise<Outcome> => {
    const command = commandsByName.get(name);
    if (!command) throw new Error(`no command ${name}`);
    return pipeline.execute(fromInput(command, input), { actor: 'ana' });
  };

  const open = async (id: string, stage: string): Promise<void> => {
    const amount = { amount: 100_00, currency: 'EUR' };
    await send('OpenOpportunity', { id, name: id, accountId: 'moara', pipelineId: 'standard', stage, amount });
  };

  /** Reacts to every event of the log, with read models that have come so far, as a runner without a checkpoint does. */
  const reactToAll = async (): Promise<void> => {
    await new Projector({ log, views: writer, reader: views, projections: [opportunities] }).catchUp();
    const records = await views.builds();
    const context = { views, build: async () => servedBuild(records, opportunities.model) };
    const reactor = new Reactor({ pipeline, policies: [stageMoves], context, onRefusal: (refusal) => refusals.push(refusal) });
    await reactor.react((await log.readAll(0, 10_000, stageMoves.types)).events);
  };

  const stageOf = async (id: string): Promise<string> => {
    const events = await log.readStream({ type: 'opportunity', id });
    return events.flatMap(({ data }) => (data as { readonly stage?: { readonly name: string } }).stage?.name ?? []).at(-1) ?? '';
  };

  it('moves those that are open there, also more than a page of them, and leaves the others', async () => {
    const many = Array.from({ length: 203 }, (_, index) => `o${index}`);
    for (const id of many) await open(id, 'Demo');
    await open('early', 'Contacted');
    await open('lost', 'Demo');
    await send('LoseOpportunity', { id: 'lost', reason: 'price' });
    await send('RevisePipeline', withoutDemo);
    await reactToAll();
    expect(new Set(await Promise.all(many.map(stageOf)))).toEqual(new Set(['Offer']));
    expect([await stageOf('early'), await stageOf('lost')]).toEqual(['Contacted', 'Demo']);
    const head = await log.head();
    await reactToAll();
    expect(await log.head()).toBe(head);
    expect(refusals).toEqual([]);
  });

  it('leaves an opportunity that somebody has moved or closed since', async () => {
    for (const id of ['moved', 'lost', 'revised']) await open(id, 'Demo');
    await send('RevisePipeline', withoutDemo);
    await send('AdvanceOpportunity', { id: 'moved', stage: 'Contract' });
    await send('LoseOpportunity', { id: 'lost', reason: 'price' });
    await send('ReviseOpportunity', { id: 'revised', note: 'They call on Monday.' });
    await reactToAll();
    expect([await stageOf('moved'), await stageOf('revised')]).toEqual(['Contract', 'Offer']);
    expect(refusals).toEqual([]);
  });

  it('does nothing new when it runs again over all events after its checkpoint was lost', async () => {
    for (const id of ['moved', 'lost']) await open(id, 'Demo');
    await send('LoseOpportunity', { id: 'lost', reason: 'price' });
    await send('ReopenOpportunity', { id: 'lost' });
    await send('RevisePipeline', withoutDemo);
    await send('LoseOpportunity', { id: 'lost', reason: 'price' });
    await reactToAll();
    await send('AdvanceOpportunity', { id: 'moved', stage: 'Contract' });
    await send('ReopenOpportunity', { id: 'lost', stage: 'Contract' });
    const head = await log.head();
    await reactToAll();
    expect(await log.head()).toBe(head);
  });
});
