/**
 * Everything that goes wrong between machines, drawn at random under a stream of commands: processes, databases and connections that die or
 * stand still, answers that get lost, a projector that writes after another took over. Always on an event server and MongoDB. Whatever was
 * acknowledged is there once, read models are what the log says, and nobody needs help afterwards.
 *   DAYBOOK_FAULTS=200   more of them than in CI
 *   DAYBOOK_SEED=7       the same choices again
 */
import { afterAll, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { domain } from '../../src/domain.js';
import { random } from '../../src/demo/random.js';
import { openSealed, openViewReader, openViewWriter } from '../../src/engines.js';
import { servedBuild } from '../../src/views/serving/versions.js';
import { digestsOf } from '../support/read-models/digest.js';
import { definePipeline } from '../support/api/funnel.js';
import { startFunnelClients } from '../support/api/funnel-clients.js';
import { KeptServer } from '../support/processes/kept-server.js';
import { startKurrentServer } from '../support/engines/kurrent.js';
import { expectReadModelsToBeMadeOf } from '../support/read-models/read-models.js';
import { allEvents } from '../support/log/log-events.js';
import { startRelay, type Relay } from '../support/engines/relay.js';
import { mongoForTests } from '../support/engines/secantus.js';
import { startServer, stopServers } from '../support/processes/server.js';
import { expectAllThere, expectConversionsToBeComplete, expectWhole, isFollowedUp } from '../support/log/whole-log.js';
import { sharedFolder } from '../support/folder.js';

const FAULTS = Number(process.env['DAYBOOK_FAULTS'] ?? (process.env['CI'] === 'true' ? 20 : 9));
const SEED = Number(process.env['DAYBOOK_SEED'] ?? Date.now() % 1_000_000);
const PATIENCE_MS = 600_000;

/** What a client does again: nobody answered, a store is away, or a process manager has not come to the opportunity yet. */
const PASSING = /fetch failed|terminated|"(UNAVAILABLE|TIMED_OUT|CONFLICT|OPPORTUNITY_NOT_FOUND)"/;

/** What a commit says to MongoDB of superseded versions, and of documents, which it writes after those: to a collection such as leads@1#1.0. */
const SUPERSEDED = commandOn('insert', '\\.past');
const DOCUMENTS = commandOn('update');

/** One process of Daybook, and its own way to MongoDB. */
interface Member {
  readonly server: KeptServer;
  readonly toMongo: Relay;
}

const mongo = await mongoForTests({ durable: true });
const folder = sharedFolder();

afterAll(async () => {
  await mongo?.stop();
});

(mongo?.restart ? it : it.skip)(
  `loses nothing and doubles nothing in ${FAULTS} faults`,
  async () => {
    const restartMongo = mongo!.restart!;
    const viewsUrl = mongo!.url();
    const kurrent = await startKurrentServer();
    const chance = random(SEED);
    const settingsOf = (url: string, role: string) => ({
      DAYBOOK_LOG_URL: kurrent.url,
      DAYBOOK_LOG_PREFIX: '',
      DAYBOOK_VIEWS_URL: url,
      DAYBOOK_MASTER_KEY_FILE: join(folder.keys, 'master.key'),
      DAYBOOK_ROLE: role,
    });
    const member = async (name: string, role: string): Promise<Member> => {
      const toMongo = await startRelay(Number(new URL(viewsUrl).port));
      // The servers that a replica set names would be asked past the relay.
      const url = `${viewsUrl.replace(/:\d+\//, `:${toMongo.port}/`)}&directConnection=true`;
      return { toMongo, server: new KeptServer(() => startServer(folder.path + name, settingsOf(url, role))) };
    };
    const apis = [await member('/api-1', 'api'), await member('/api-2', 'api')];
    const projectors = [await member('/projector-1', 'projector,policies'), await member('/projector-2', 'projector,policies')];
    const members = [...apis, ...projectors];
    const log = await openSealed({ dataDir: folder.path, logUrl: kurrent.url, viewsUrl }, domain, { readOnly: true });
    const writer = await openViewWriter({ dataDir: folder.path, viewsUrl });
    const views = await openViewReader({ dataDir: folder.path, viewsUrl, readerThreads: 0 });

    const models = domain.projections.map(({ model }) => model);
    const heldBy = async (pid: number): Promise<readonly string[]> =>
      (await writer.leases.held()).filter(({ holder }) => holder.split(' ')[1] === String(pid)).map(({ name }) => name);
    const haveReached = async (position: number, wanted = models): Promise<void> => {
      for (const model of wanted) await views.waitFor(servedBuild(await views.builds(), model), position, PATIENCE_MS);
    };
    /** Until a projector that renews nothing has lost its leases, and others have gone beyond where it stood. */
    const overtaken = async (pid: number): Promise<void> => {
      const own = await heldBy(pid);
      while ((await heldBy(pid)).length > 0) await sleep(100);
      const head = await log.head();
      await haveReached(
        head,
        models.filter(({ name }) => own.includes(name)),
      );
    };
    const faults: Readonly<Record<string, () => Promise<void>>> = {
      'an API process dies': () => chance.one(apis).server.kill(),
      'a projector dies': () => chance.one(projectors).server.kill(),
      'the event server dies': async () => {
        await kurrent.kill();
        await sleep(chance.whole(0, 1_000));
        await kurrent.restart();
      },
      'MongoDB dies': restartMongo,
      'connections to the event server break': () => kurrent.drop(),
      'connections to MongoDB break': async () => chance.one(members).toMongo.cut(),
      'answers of the event server get lost': () =>
        kurrent.faults({ lostAnswers: chance.whole(1, 3), lostBy: chance.chance(0.3) ? 'silence' : 'drop' }),
      'what a projector writes arrives after another took over': async () => {
        const { server, toMongo } = chance.one(projectors);
        const { pid } = await server.current;
        await toMongo.holds(DOCUMENTS);
        await overtaken(pid);
        toMongo.letGo();
      },
      'a projector stands still in the middle of a commit until another took over, and goes on': async () => {
        const { server, toMongo } = chance.one(projectors);
        const { pid } = await server.current;
        await toMongo.sees(SUPERSEDED);
        process.kill(pid, 'SIGSTOP');
        await overtaken(pid);
        process.kill(pid, 'SIGCONT');
      },
    };

    const happened: string[] = [];
    try {
      const pipelineId = await definePipeline(await apis[0]!.server.current, { id: 'p1' });
      const clients = startFunnelClients({
        clients: 3,
        pipelineId,
        // An attempt goes to the other process than the one before.
        server: (turn) => apis[turn % apis.length]!.server.current,
        passing: PASSING,
        pauseMs: 100,
      });
      const misfortune = (async () => {
        for (let left: string[] = []; happened.length < FAULTS;) {
          // Each kind as often as any other.
          if (left.length === 0) left = Object.keys(faults);
          await sleep(chance.whole(0, 1_500));
          for (const { server } of members) await server.mustRun();
          const name = chance.one(left);
          left = left.filter((other) => other !== name);
          happened.push(name);
          await faults[name]?.();
        }
      })();
      await Promise.race([clients.ended, misfortune]).finally(() => clients.finish());
      await clients.ended;
      await kurrent.faults({ lostAnswers: 0 });

      while (!isFollowedUp(await allEvents(log))) await sleep(200);
      const events = await allEvents(log);
      await haveReached(events.at(-1)!.position);
      for (const { server } of members) {
        await server.mustRun();
        await (await server.current).ready();
      }
      for (const { server } of members) expect(await (await server.current).stop()).toMatchObject({ code: 0 });

      expect(clients.acknowledged.length).toBeGreaterThan(FAULTS);
      expect(await allEvents(log)).toEqual(events);
      expectAllThere(events, clients.acknowledged);
      expectWhole(events);
      expectConversionsToBeComplete(events);
      await expectReadModelsToBeMadeOf(events, views, await log.end());

      // Kept versions too, beside those of a projector that nothing happened to.
      const afresh = `${folder.path}/afresh`;
      const calm = await startServer(afresh, {
        ...settingsOf('embedded', 'projector'),
        DAYBOOK_KEYS_URL: viewsUrl.replace(/\/daybook_test_\w+/, '$&_keys'),
      });
      await calm.ready();
      const other = await openViewReader({ dataDir: afresh, readerThreads: 0 });
      expect(await digestsOf(views)).toEqual(await digestsOf(other));
      await other.close();
    } catch (failure) {
      throw new Error(`With DAYBOOK_SEED=${SEED}, after ${happened.join('; ')}: ${String(failure)}`, { cause: failure });
    } finally {
      for (const { server } of members) server.retire();
      await stopServers();
      for (const { toMongo } of members) await toMongo.close();
      await views.close();
      await writer.close();
      await log.close();
      await kurrent.dispose();
    }
  },
  PATIENCE_MS,
);

/** A command in MongoDB's protocol: its name, the length of the collection's name, and that. */
function commandOn(command: string, part = ''): RegExp {
  return new RegExp(`${command}\\0.{4}\\w[\\w ]*@\\d+#\\d+\\.\\d+${part}\\0`, 's');
}
