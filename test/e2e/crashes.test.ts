/**
 * kill -9 of the server at any moment, while read models are rebuilt and cut over too: what was acknowledged is there, what was cut short is
 * finished, and read models are what the log says.
 */
import { afterAll, expect, it } from '@jest/globals';
import { randomInt, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { derivedId } from '../../src/kernel/derived-id.js';
import type { RecordedEvent } from '../../src/kernel/event.js';
import { projections } from '../../projections/index.js';
import { expectBuildsToEqualFreshOnes } from '../support/builds.js';
import { onFiles, onMongo, viewReaderIn } from '../support/engines.js';
import { definePipeline, euros } from '../support/funnel.js';
import { temporaryFolder } from '../support/folder.js';
import type { Done } from '../support/graphql-client.js';
import { eventsIn, expectReadModelsToEqualTheLog } from '../support/read-models.js';
import { startServer, stopServers, type Server } from '../support/server.js';

const KILLS = !onFiles ? 6 : process.env['CI'] === 'true' ? 15 : 6;
/** How many clients there are, and how long each waits after a command, in milliseconds, so that slow read models keep up. */
const [CLIENTS, PAUSE_MS] = onMongo ? [2, 500] : [6, 0];

const folder = temporaryFolder();

afterAll(async () => {
  await stopServers();
  folder.remove();
});

it(`loses nothing and doubles nothing in ${KILLS} kills under load`, async () => {
  // Small pages, so that a rebuild lasts.
  let server: Promise<Server> = startServer(folder.path, { DAYBOOK_PROJECTION_PAGE: '20' });
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
        await sleep(PAUSE_MS);
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
  /** The states in which builds that had been asked for were left by a kill. */
  const left = new Set<string>();
  const kills = (async () => {
    // On a machine that is busy a kill may come when the moment has passed: then there are more.
    for (let kill = 0; kill < KILLS || (kill < KILLS * 3 && !(left.has('building') && left.has('live'))); kill++) {
      const current = await server;
      const asked = kill % 3 === 0 ? undefined : await rebuild(current, kill % 3 === 1 ? Math.random() : 1);
      await sleep(randomInt(asked ? 20 : 700));
      await current.stop('SIGKILL');
      if (asked) left.add(await stateOf(asked));
      server = startServer(folder.path, { DAYBOOK_PROJECTION_PAGE: '20' });
      await server;
    }
    await sleep(300);
  })();
  await Promise.race([clients, kills]).finally(() => finishing.abort());
  await clients;

  const last = await server;
  await untilFollowedUp(last);
  await last.ready();
  await untilBuilt(last);
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
  await expectBuildsToEqualFreshOnes(folder);
  expect([...left]).toEqual(expect.arrayContaining(['building', 'live']));
}, 240_000);

interface Build {
  readonly readModel: string;
  readonly build: number;
  readonly state: string;
  readonly progress: number;
  readonly position: string;
}

const BUILD = 'readModel build state progress position';

async function builds(server: Server): Promise<readonly Build[]> {
  return (await server.ask<{ readonly readModelBuilds: readonly Build[] }>(`{ readModelBuilds { ${BUILD} } }`)).readModelBuilds;
}

/** Has a read model rebuilt, and waits until so much of it is done, from 0 to 1: then it has taken over. */
async function rebuild(server: Server, much: number): Promise<Build> {
  const readModel = projections[randomInt(projections.length)]?.model.name;
  const { asked } = await server.ask<{ readonly asked: Build }>(
    `mutation ($readModel: String!) { asked: rebuildReadModel(input: { readModel: $readModel }) { ${BUILD} } }`,
    { readModel },
  );
  for (;;) {
    const now = (await builds(server)).find(({ readModel: name, build }) => name === asked.readModel && build === asked.build);
    if (now?.state === 'LIVE' || (much < 1 && (now?.progress ?? 1) >= much)) return asked;
    await sleep(5);
  }
}

/** What the register says of a build while no server runs. */
async function stateOf({ readModel, build }: Build): Promise<string> {
  const views = await viewReaderIn(folder.path);
  try {
    return (await views.builds()).find(({ name, number }) => name === readModel && number === build)?.state ?? 'gone';
  } finally {
    await views.close();
  }
}

/** Until nothing is being built any more, and retired builds have come as far as the others. */
async function untilBuilt(server: Server): Promise<void> {
  const position = Number(await server.logPosition());
  for (;;) {
    const all = await builds(server);
    const done = all.every(({ state, position: at }) => Number(at) >= position && (state === 'LIVE' || state === 'RETIRED'));
    if (done) return;
    await sleep(50);
  }
}

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
