/**
 * kill -9 of the server at any moment, while read models are rebuilt and cut over too: what was acknowledged is there, what was cut short is
 * finished, and read models are what the log says.
 */
import { expect, it } from '@jest/globals';
import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { domain } from '../../src/domain.js';
import { expectBuildsToEqualFreshOnes } from '../support/read-models/builds.js';
import { onFiles, onMongo, viewReaderIn } from '../support/engines/engines.js';
import { definePipeline } from '../support/api/funnel.js';
import { startFunnelClients } from '../support/api/funnel-clients.js';
import { eventsIn, expectReadModelsToEqualTheLog } from '../support/read-models/read-models.js';
import { startServer, type Server } from '../support/processes/server.js';
import { expectAllThere, expectConversionsToBeComplete, expectWhole, isFollowedUp } from '../support/log/whole-log.js';
import { sharedFolder } from '../support/folder.js';

const KILLS = !onFiles ? 6 : process.env['CI'] === 'true' ? 15 : 6;
/** How many clients there are, and how long each waits after a command, in milliseconds, so that slow read models keep up. */
const [CLIENTS, PAUSE_MS] = onMongo ? [2, 500] : [6, 0];

const folder = sharedFolder();

it(`loses nothing and doubles nothing in ${KILLS} kills under load`, async () => {
  // Small pages, so that a rebuild lasts.
  let server: Promise<Server> = startServer(folder.path, { DAYBOOK_PROJECTION_PAGE: '20' });
  const pipelineId = await definePipeline(await server, { id: 'p1' });
  const clients = startFunnelClients({
    clients: CLIENTS,
    pauseMs: PAUSE_MS,
    pipelineId,
    server: () => server,
    // Only a broken connection is tried again; an answer that is no success fails the test.
    passing: /fetch failed|terminated/,
  });
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
  await Promise.race([clients.ended, kills]).finally(() => clients.finish());
  await clients.ended;

  const last = await server;
  await untilFollowedUp(last);
  await last.ready();
  await untilBuilt(last);
  expect(await last.stop()).toMatchObject({ code: 0 });

  const events = await eventsIn(folder);
  expect(clients.acknowledged.length).toBeGreaterThan(KILLS);
  expectAllThere(events, clients.acknowledged);
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
  return (
    await server.ask<{ readonly readModelBuilds: { readonly nodes: readonly Build[] } }>(`{ readModelBuilds { nodes { ${BUILD} } } }`)
  ).readModelBuilds.nodes;
}

/** Has a read model rebuilt, and waits until so much of it is done, from 0 to 1: then it has taken over. */
async function rebuild(server: Server, much: number): Promise<Build> {
  const readModel = domain.projections[randomInt(domain.projections.length)]?.model.name;
  const {
    asked: { build: asked },
  } = await server.ask<{ readonly asked: { readonly build: Build } }>(
    `mutation ($readModel: String!) { asked: rebuildReadModel(input: { readModel: $readModel }) { build { ${BUILD} } } }`,
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

/** Until the process managers have answered every conversion, and the read models show it. */
async function untilFollowedUp(server: Server): Promise<void> {
  while (!isFollowedUp(await eventsIn(folder))) await sleep(100);
  const position = await server.logPosition();
  for (;;) {
    const { models } = JSON.parse((await server.get('/health/ready')).text) as {
      readonly models: readonly { readonly position: number }[];
    };
    if (models.length > 0 && models.every((model) => model.position >= Number(position))) return;
    await sleep(50);
  }
}
