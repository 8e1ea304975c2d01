/** What the projector promises: every event once, in order, whoever else projects and whatever fails. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { leadFunnel } from '../../projections/sales/lead-funnel.js';
import { leads } from '../../projections/sales/leads.js';
import { setTimeout as sleep } from 'node:timers/promises';
import { domain } from '../../src/domain.js';
import type { Document, Projection } from '../../src/kernel/projection.js';
import { openEmbeddedLog } from '../../src/log/embedded.js';
import type { EventLog } from '../../src/log/port.js';
import { CommandHandler } from '../../src/command-handling/command-handler.js';
import type { ProjectorOptions } from '../../src/projector/options.js';
import { Projector } from '../../src/projector/projector.js';
import { hasBuild, noProgress } from '../../src/views/port/build-identity.js';
import { servedBuild } from '../../src/views/serving/versions.js';
import type { Served } from '../../src/views/port/builds.js';
import { openEmbeddedViewReader, openEmbeddedViewWriter } from '../../src/views/embedded.js';
import { LeaseLost } from '../../src/leases/errors.js';
import type { ViewReader, ViewWriter } from '../../src/views/port/store.js';
import { temporaryFolder, type Folder } from '../support/folder.js';
import { overriding } from '../support/overriding.js';
import { foldPlainly } from '../support/read-models/project.js';

describe('the projector', () => {
  let folder: Folder;
  let log: EventLog;
  let writer: ViewWriter;
  let reader: ViewReader;
  let commandHandler: CommandHandler;
  const wanted = [leads, leadFunnel] as const;

  beforeEach(async () => {
    folder = temporaryFolder();
    log = openEmbeddedLog({ file: folder.events });
    writer = await openEmbeddedViewWriter({ file: folder.views });
    reader = await openEmbeddedViewReader({ file: folder.views, threads: 0 });
    commandHandler = new CommandHandler({ log, definitions: domain.definitions });
  });

  afterEach(async () => {
    await reader.close();
    await writer.close();
    await log.close();
    folder.remove();
  });

  const send = async (name: string, input: object): Promise<string> => {
    const command = domain.commands.find((each) => each.name === name);
    if (!command) throw new Error(`no command ${name}`);
    return (await commandHandler.execute(command.from(input), { actor: 'ana' })).stream.id;
  };

  /** Leads, each registered; every second one assigned to others again and again and qualified. */
  const history = async (count: number): Promise<void> => {
    for (let index = 0; index < count; index++) {
      const id = await send('RegisterLead', { name: `Lead ${index}`, origin: index % 3 === 0 ? 'fair' : 'social' });
      if (index % 2 === 0) continue;
      for (const ownerId of ['bob', 'eve', 'joe']) await send('AssignLead', { id, ownerId });
      await send('QualifyLead', { id, temperature: 'warm' });
    }
  };

  const projector = (views = writer, options: Partial<ProjectorOptions> = {}): Projector =>
    new Projector({ log, views, reader, projections: wanted, ...options });

  /** The build that answers. */
  const served = async ({ model }: Projection): Promise<Served> => servedBuild(await reader.builds(), model);

  const stored = async (projection: Projection): Promise<ReadonlyMap<string, Document>> => {
    const page = await reader.list(await served(projection), { orderBy: [], first: 500 });
    expect(page.hasNext).toBe(false);
    const rows = JSON.parse(page.json) as readonly { readonly key: string; readonly document: Document }[];
    return new Map(rows.map(({ key, document }) => [key, document]));
  };

  /** Waits until every read model holds what the log held. */
  const reachedBy = async (position: number): Promise<void> => {
    for (const projection of wanted) {
      let build = await served(projection);
      for (; !hasBuild(build); build = await served(projection)) await sleep(5);
      await reader.waitFor(build, position, 30_000);
    }
  };

  const expectSame = async (projection: Projection): Promise<void> => {
    const expected = foldPlainly(projection, (await log.readAll(0, 100_000)).events);
    expect(expected.size).toBeGreaterThan(0);
    expect(new Map([...(await stored(projection))].sort())).toEqual(new Map([...expected].sort()));
  };

  it.each([1, 3, 7, 1_000])('makes what the events say, in pages of %i', async (pageSize) => {
    await history(20);
    await projector(writer, { pageSize }).catchUp();
    for (const projection of wanted) {
      await expectSame(projection);
      expect(await reader.position(await served(projection))).toBe(await log.head());
    }
  });

  it('goes on from its checkpoint, also for a read model that is further than another', async () => {
    await history(6);
    await projector(writer, { projections: [leads] }).catchUp();
    await history(6);
    await projector().catchUp();
    for (const projection of wanted) await expectSame(projection);
  });

  it('follows the log live, event for event', async () => {
    const stop = new AbortController();
    const running = projector().run(stop.signal);
    await history(10);
    const head = await log.head();
    await reachedBy(head);
    for (const projection of wanted) await expectSame(projection);
    stop.abort();
    await running;
  });

  it('has no double effect when two projectors work on the same store', async () => {
    const stop = new AbortController();
    const second = await openEmbeddedViewWriter({ file: folder.views });
    const failures: unknown[] = [];
    const onRetry = (failure: unknown): number => failures.push(failure);
    const running = [writer, second].map((views) => projector(views, { pageSize: 5, onRetry }).run(stop.signal));
    await history(30);
    const head = await log.head();
    await reachedBy(head);
    stop.abort();
    await Promise.all(running);
    await second.close();
    expect(failures).toEqual([]);
    for (const projection of wanted) await expectSame(projection);
  });

  it('tries again from the checkpoint when the store fails, and loses nothing', async () => {
    await history(10);
    let failures = 0;
    const flaky = overriding(writer, {
      commit: (commits) => (failures++ % 2 === 0 ? Promise.reject(new Error('disk full')) : writer.commit(commits)),
    });
    const stop = new AbortController();
    const told: unknown[] = [];
    const running = projector(flaky, { pageSize: 20, onRetry: (failure) => told.push(failure) }).run(stop.signal);
    const head = await log.head();
    await reachedBy(head);
    stop.abort();
    await running;
    expect(told.length).toBeGreaterThan(0);
    for (const projection of wanted) await expectSame(projection);
  });

  const failing = (projection: Projection, type: string): Projection => ({
    ...projection,
    changes: (event) =>
      projection.changes(event).map((change) => {
        if (event.type !== type || change.where !== undefined) return change;
        const to = (): never => {
          throw new Error('no such temperature');
        };
        return { key: change.key, to };
      }),
  });

  it('parks the documents whose event a handler can not take, says why, and carries the others on', async () => {
    await history(4);
    const [leads, funnel] = wanted;
    await projector(writer, { projections: [failing(leads, 'LeadQualified'), funnel] }).catchUp();
    await expectSame(funnel);
    const build = await served(leads);
    expect(await reader.position(build)).toBe(await log.head());
    const deadLetters = await reader.deadLetters(build, { first: 10 });
    expect(deadLetters.map(({ first: { type, position, error }, eventCount }) => ({ type, position, error, waiting: eventCount }))).toEqual(
      expect.arrayContaining([6, 12].map((position) => ({ type: 'LeadQualified', position, error: 'no such temperature', waiting: 1 }))),
    );
    expect(deadLetters).toHaveLength(2);
    // They are as they were before the event.
    const documents = await reader.get(
      build,
      deadLetters.map(({ first }) => first.key),
    );
    expect(documents).toEqual([expect.objectContaining({ ownerId: 'joe' }), expect.objectContaining({ ownerId: 'joe' })]);
  });

  it('stops a read model of which more documents wait than may, says so, and carries the others on', async () => {
    await history(4);
    const [leads, funnel] = wanted;
    const stopped: (readonly [string, string])[] = [];
    const projections = [failing(leads, 'LeadRegistered'), funnel];
    const onStop = (build: string, error: string): unknown => stopped.push([build, error]);
    await projector(writer, { projections, pageSize: 1, deadLetterLimit: 1, onStop }).catchUp();
    await expectSame(funnel);
    expect(stopped).toEqual([[expect.stringMatching(/^leads@\d+#1$/), expect.stringMatching(/^more than 1 dead letters:/)]]);
    const record = (await reader.builds()).find(({ name }) => name === 'leads');
    expect(record).toMatchObject({ position: 2, deadLetters: 2, error: stopped[0]?.[1] });
  });

  it.each([
    ['a number that is not exact', { score: Number.MAX_SAFE_INTEGER + 2 }],
    ['an object for a text', { temperature: {} }],
  ])('parks a document that the store can not take, for it holds %s, and carries the others on', async (_, wrong) => {
    await history(4);
    const [leads, funnel] = wanted;
    const spoilt: Projection = {
      ...leads,
      changes: (event) =>
        leads.changes(event).map((change) => {
          if (event.type !== 'LeadQualified' || change.where !== undefined) return change;
          return { key: change.key, to: (document) => ({ ...change.to(document), ...wrong }) };
        }),
    };
    await projector(writer, { projections: [spoilt, funnel] }).catchUp();
    await expectSame(funnel);
    const build = await served(leads);
    expect(await reader.position(build)).toBe(await log.head());
    expect((await reader.deadLetters(build, { first: 10 })).map(({ first }) => first.position).sort((a, b) => a - b)).toEqual([6, 12]);
  });

  it('starts over when the log was put back to an earlier state', async () => {
    await history(4);
    const [{ model }] = wanted;
    const build = await writer.begin(model);
    const [lease] = await writer.leases.acquire([model.name], 'before', 60_000);
    if (!lease) throw new Error('somebody else has the lease');
    const changes = [{ key: 'ghost', position: 1, document: { id: 'ghost' } }];
    await writer.commit([{ build, from: 0, to: (await log.head()) + 5, changes, lease, erasures: 0, progress: noProgress }]);
    await writer.leases.release([lease]);
    await projector().catchUp();
    for (const projection of wanted) await expectSame(projection);
  });

  it('does not project while another one does', async () => {
    await history(2);
    const [{ model }] = wanted;
    const taken = await writer.leases.acquire([model.name], 'another', 60_000);
    await expect(projector().catchUp()).rejects.toBeInstanceOf(LeaseLost);
    await writer.leases.release(taken);
    await projector().catchUp();
    for (const projection of wanted) await expectSame(projection);
  });
});
