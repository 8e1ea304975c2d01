/** kill -9 at any moment: what was acknowledged is there, what was cut short is finished, and read models are what the log says. */
import { afterAll, expect, it } from '@jest/globals';
import { randomInt, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { derivedId } from '../../src/kernel/derived-id.js';
import type { RecordedEvent } from '../../src/kernel/event.js';
import { definePipeline, euros } from '../support/funnel.js';
import { temporaryFolder } from '../support/folder.js';
import type { Done } from '../support/graphql-client.js';
import { eventsIn, expectReadModelsToEqualTheLog } from '../support/read-models.js';
import { startServer, stopServers, type Server } from '../support/server.js';

const KILLS = process.env['CI'] === 'true' ? 15 : 6;
const CLIENTS = 6;

const folder = temporaryFolder();

afterAll(async () => {
  await stopServers();
  folder.remove();
});

it(`loses nothing and doubles nothing in ${KILLS} kills under load`, async () => {
  let server: Promise<Server> = startServer(folder.path);
  const pipelineId = await definePipeline(await server, { id: 'p1' });
  const acknowledged: Done[] = [];
  const finishing = new AbortController();

  /** Sends a command until it is answered, with the same commandId each time. */
  const insist = async (command: string, input: object): Promise<void> => {
    const commandId = randomUUID();
    for (;;) {
      const current = await server;
      try {
        acknowledged.push(await current.done(command, { commandId, ...input }));
        return;
      } catch (failure) {
        // Only a broken connection is tried again; an answer that is no success fails the test.
        if (!/fetch failed|terminated/.test((failure as Error).message)) throw failure;
        await sleep(20);
      }
    }
  };

  const client = async (name: number): Promise<void> => {
    for (let count = 0; !finishing.signal.aborted; count++) {
      const id = `lead-${name}-${count}`;
      const opportunity = derivedId(id, 'opportunity');
      await insist('registerLead', { id, name: `Lead ${count}`, origin: name % 2 === 0 ? 'fair' : 'social' });
      await insist('qualifyLead', { id, temperature: 'HOT' });
      await insist('convertLead', { id, opportunity: { pipelineId, amount: euros(100 + count) } });
      await insist('advanceOpportunity', { id: opportunity, stage: 'Offer' });
      if (count % 3 === 0) await insist('loseOpportunity', { id: opportunity, reason: 'price' });
      else await insist('winOpportunity', { id: opportunity });
      if (count % 5 === 0) await insist('reopenOpportunity', { id: opportunity });
    }
  };

  const clients = Promise.all(Array.from({ length: CLIENTS }, async (_, name) => client(name)));
  const kills = (async () => {
    for (let kill = 0; kill < KILLS; kill++) {
      await sleep(randomInt(20, 700));
      await (await server).stop('SIGKILL');
      server = startServer(folder.path);
      await server;
    }
    await sleep(300);
  })();
  await Promise.race([clients, kills]).finally(() => finishing.abort());
  await clients;

  const last = await server;
  await untilFollowedUp(last);
  await last.ready();
  expect(await last.stop()).toMatchObject({ code: 0 });

  const events = await eventsIn(folder);
  expect(acknowledged.length).toBeGreaterThan(KILLS);
  const byCommand = new Map<string, RecordedEvent[]>();
  for (const event of events) byCommand.set(event.metadata.commandId, [...(byCommand.get(event.metadata.commandId) ?? []), event]);
  for (const { commandId, streamId, revision } of acknowledged) {
    expect(byCommand.get(commandId)).toMatchObject([{ stream: { id: streamId }, revision }]);
  }
  expectWhole(events);
  expectConversionsToBeComplete(events);
  await expectReadModelsToEqualTheLog(folder);
}, 240_000);

/** The log's own order: positions grow, revisions have no gap, ids are unique. */
function expectWhole(events: readonly RecordedEvent[]): void {
  const revisions = new Map<string, number>();
  let position = 0;
  for (const event of events) {
    const name = `${event.stream.type}-${event.stream.id}`;
    expect({ name, revision: event.revision }).toEqual({ name, revision: (revisions.get(name) ?? -1) + 1 });
    expect(event.position).toBeGreaterThan(position);
    revisions.set(name, event.revision);
    position = event.position;
  }
  expect(new Set(events.map(({ id }) => id))).toHaveProperty('size', events.length);
}

interface Converted {
  readonly account: { readonly id: string };
  readonly contact: { readonly id: string };
  readonly opportunity: { readonly id: string };
}

function expectConversionsToBeComplete(events: readonly RecordedEvent[]): void {
  const conversions = events.filter(({ type }) => type === 'LeadConverted').map(({ data }) => data as Converted);
  expect(conversions.length).toBeGreaterThan(0);
  const idsOf = (wanted: string): readonly string[] => events.filter(({ type }) => type === wanted).map(({ stream }) => stream.id);
  expect([...idsOf('AccountRegistered')].sort()).toEqual(conversions.map(({ account }) => account.id).sort());
  expect([...idsOf('ContactRegistered')].sort()).toEqual(conversions.map(({ contact }) => contact.id).sort());
  expect([...idsOf('OpportunityOpened')].sort()).toEqual(conversions.map(({ opportunity }) => opportunity.id).sort());
}

/** Until the process managers have answered every conversion, and the read models show it. */
async function untilFollowedUp(server: Server): Promise<void> {
  for (;;) {
    const events = await eventsIn(folder);
    const count = (wanted: string): number => events.filter(({ type }) => type === wanted).length;
    if (count('OpportunityOpened') >= count('LeadConverted')) break;
    await sleep(100);
  }
  const position = await server.logPosition();
  for (;;) {
    const { models } = JSON.parse((await server.get('/health/ready')).text) as {
      readonly models: readonly { readonly position: number }[];
    };
    if (models.length > 0 && models.every((model) => model.position >= Number(position))) return;
    await sleep(50);
  }
}
