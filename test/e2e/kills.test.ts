/**
 * kill -9 of the projector at random points while it tails, rebuilds and cuts over, under a stream of commands from another process: no
 * acknowledged event is missing, and every build, with its kept versions and what waits, is what a build made afresh comes to.
 *   DAYBOOK_KILLS=500   more kills than in CI
 *   DAYBOOK_SEED=7      the same choices again
 */
import { expect, it } from '@jest/globals';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { domain } from '../../src/domain.js';
import type { Stream } from '../../src/kernel/event.js';
import { random } from '../../src/demo/random.js';
import { ReadModelAdministration } from '../../src/projector/read-model-administration.js';
import { buildName, idOf, isOf } from '../../src/views/port/build-identity.js';
import { servedBuild } from '../../src/views/serving/versions.js';
import type { Build } from '../../src/views/port/builds.js';
import { openEmbeddedViewReader } from '../../src/views/embedded.js';
import type { ViewReader } from '../../src/views/port/store.js';
import { startChild, type Child } from '../support/processes/child.js';
import { commandHandlerOn, logIn, onFiles, onMongo, placeOf, viewReaderIn, viewWriterIn } from '../support/engines/engines.js';
import { eventsIn, everythingIn } from '../support/read-models/read-models.js';
import { folderPerTest } from '../support/folder.js';

const KILLS = Number(process.env['DAYBOOK_KILLS'] ?? (onFiles ? 50 : onMongo ? 12 : 20));
const SEED = Number(process.env['DAYBOOK_SEED'] ?? Date.now() % 1_000_000);

/** How many commands there are at first; and how long each client waits after one from then on, in milliseconds, so that what is slow catches up. */
const [FIRST, PAUSE] = onMongo ? [100, '1000'] : [300, '30'];

/** What the projector is about to do when it is killed a moment later, and how much later at the most, in milliseconds. */
const PLANS = [
  ['tailing', 120],
  ['building', 60],
  ['finalizing', 8],
  ['cutting over', 8],
] as const;

interface Acknowledged {
  readonly commandId: string;
  readonly stream: Stream;
  readonly revision: number;
  readonly position: number;
}

const folder = folderPerTest();

/** Each round begins with an empty log, so that a rebuild stays short enough to be killed anywhere. */
const ROUNDS = Array.from({ length: Math.ceil(KILLS / 50) }, (_, round) => [Math.min(50, KILLS - round * 50), SEED + round] as const);

it.each(ROUNDS)(
  'loses nothing in %i kills (seed %i), and comes to what a build made afresh comes to',
  async (kills, seed) => {
    const chance = random(seed);
    const place = JSON.stringify(await placeOf(folder.path));
    const log = await logIn(folder.path);
    const writer = await viewWriterIn(folder.path);
    const reader = await viewReaderIn(folder.path);
    const administration = new ReadModelAdministration({
      reader,
      writer: async () => writer,
      commandHandler: commandHandlerOn(log),
      projections: domain.projections,
      requestTimeoutMs: 0,
    });
    const acknowledged: Acknowledged[] = [];
    let clients = startChild('commands.mjs', place, '3', '5');
    const killClients = async (): Promise<void> => {
      await clients.kill();
      const lines = clients.lines.filter((line) => line.endsWith('}'));
      acknowledged.push(...lines.map((line) => JSON.parse(line) as Acknowledged));
    };
    const killed = new Map<string, number>();
    try {
      await clients.printed(FIRST);
      // On a machine that is busy a kill may come when the moment has passed: what was not hit is tried again.
      const missed = () => PLANS.filter(([phase]) => !killed.has(phase));
      for (let kill = 0; kill < kills || (missed().length > 0 && kill < kills * 3); kill++) {
        const plans = kill < kills ? PLANS : missed();
        const [phase, most] = plans[kill % plans.length] ?? PLANS[0];
        if (phase !== 'tailing') await rebuild();
        const projecting = startChild('projects.mjs', place, place, '100');
        await untilIn(phase, projecting);
        await sleep(chance.next() * most);
        await projecting.kill();
        const last = projecting.lines.at(-1) ?? '';
        killed.set(last, (killed.get(last) ?? 0) + 1);
        if (chance.chance(0.4)) await decide();
        if (kill % 10 !== 0) continue;
        await killClients();
        clients = startChild('commands.mjs', place, '3', String((kill + 1) * 1_000), PAUSE);
        await clients.printed(10);
      }
      await killClients();

      const head = await log.head();
      const survivor = startChild('projects.mjs', place, place, '2000');
      // In a file, whatever engine the read models live in: so the engines are compared as well.
      const made = mkdtempSync(join(folder.path, 'afresh-'));
      const afresh = startChild('projects.mjs', place, JSON.stringify({ dataDir: made }), '2000');
      await afresh.printed('tailing');
      const other = await openEmbeddedViewReader({ file: join(made, 'views.db'), threads: 0 });
      for (const side of [reader, other]) await untilAllHaveReached(side, head);
      await Promise.all([survivor.kill(), afresh.kill()]);

      expect(survivor.lines.filter((line) => line.startsWith('retrying'))).toEqual([]);
      await expectAllThere(acknowledged);
      await expectSameBuilds(other);
      await other.close();
      expect([...killed.keys()].sort()).toEqual(expect.arrayContaining(['building', 'cutting over', 'finalizing', 'tailing']));
    } catch (failure) {
      throw new Error(`With DAYBOOK_SEED=${seed}, kills ${JSON.stringify(Object.fromEntries(killed))}: ${String(failure)}`, {
        cause: failure,
      });
    } finally {
      await reader.close();
      await writer.close();
      await log.close();
    }

    /** Begins builds of what is not being built. */
    async function rebuild(): Promise<void> {
      const underWay = new Set((await reader.builds()).filter(({ state }) => state === 'building').map(({ name }) => name));
      const free = domain.projections.map(({ model }) => model.name).filter((name) => !underWay.has(name));
      for (let count = chance.whole(1, onMongo ? 1 : 3); count > 0 && free.length > 0; count--) {
        await administration.rebuild(chance.one(free));
      }
    }

    /** Until it is about to do this, however slow the engines are. What was being built may be done before it comes to that: then more is asked for. */
    async function untilIn(phase: string, projecting: Child): Promise<void> {
      const arrived = projecting.printed(phase).then(() => true);
      while (!(await Promise.race([arrived, sleep(500, false, { ref: false })]))) {
        const underWay = (await reader.builds()).some(({ state }) => state === 'building' || state === 'ready');
        if (phase !== 'tailing' && !underWay) await rebuild();
      }
    }

    /** An operator skips one of the documents that wait, or has them all tried again. One goes on waiting. */
    async function decide(): Promise<void> {
      const letters = await administration.deadLetters.list('leads');
      const others = letters.filter(({ key }) => key !== letters[0]?.key);
      if (others.length === 0) return;
      const { key, first } = chance.one(others);
      if (chance.chance(0.3)) await administration.deadLetters.retry('leads', undefined, { actor: 'olga' });
      else await administration.deadLetters.skip('leads', { key, eventId: first.id, reason: 'nobody is no owner' }, { actor: 'olga' });
    }

    async function expectAllThere(acked: readonly Acknowledged[]): Promise<void> {
      const events = await eventsIn(folder);
      const found = new Map(events.map((event) => [event.metadata.commandId, event]));
      expect(acked.length).toBeGreaterThan(kills);
      for (const { commandId, stream, revision, position } of acked) {
        const event = found.get(commandId);
        expect(event && { stream: event.stream, revision: event.revision, position: event.position }).toEqual({
          stream,
          revision,
          position,
        });
      }
    }

    async function expectSameBuilds(other: ViewReader): Promise<void> {
      const records = await reader.builds();
      const fresh = await other.builds();
      let [made, waiting] = [0, 0];
      for (const { model } of domain.projections) {
        const builds = records.filter((record) => isOf(record, model));
        expect(builds.filter(({ state }) => state === 'live')).toHaveLength(1);
        expect(builds.every(({ state }) => state === 'live' || state === 'retired')).toBe(true);
        const expected = await everythingIn(other, servedBuild(fresh, model));
        made += expected.documents.length;
        for (const { number } of builds) {
          const build: Build = { model, number };
          expect({ build: buildName(idOf(build)), ...(await everythingIn(reader, build)) }).toEqual({
            build: buildName(idOf(build)),
            ...expected,
          });
        }
        waiting += expected.waiting.length;
      }
      expect(made).toBeGreaterThan(kills);
      expect(waiting).toBeGreaterThan(0);
    }
  },
  900_000,
);

/** Until every build tails what the log holds, and none is being built any more. */
async function untilAllHaveReached(reader: ViewReader, head: number): Promise<void> {
  for (;;) {
    const records = await reader.builds();
    const there = records.length >= domain.projections.length && records.every(({ position }) => position >= head);
    if (there && records.every(({ state }) => state === 'live' || state === 'retired')) return;
    await sleep(50);
  }
}
