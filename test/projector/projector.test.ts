/** What the projector promises: every event once, in order, whoever else projects and whatever fails. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { projections } from '../../projections/index.js';
import { commandsByName } from '../../src/domain.js';
import { fromInput } from '../../src/kernel/input.js';
import type { Document, Projection } from '../../src/kernel/projection.js';
import { openEmbeddedLog } from '../../src/log/embedded.js';
import type { EventLog } from '../../src/log/port.js';
import { CommandPipeline } from '../../src/pipeline/command-pipeline.js';
import { Projector, type Progress } from '../../src/projector/projector.js';
import { openEmbeddedViewReader, openEmbeddedViewWriter } from '../../src/views/embedded.js';
import { CheckpointMoved, type ViewReader, type ViewWriter } from '../../src/views/port.js';
import { temporaryFolder, type Folder } from '../support/folder.js';
import { overriding } from '../support/overriding.js';

const named = (name: string): Projection => {
  const found = projections.find(({ model }) => model.name === name);
  if (!found) throw new Error(`no read model ${name}`);
  return found;
};

describe('the projector', () => {
  let folder: Folder;
  let log: EventLog;
  let writer: ViewWriter;
  let reader: ViewReader;
  let pipeline: CommandPipeline;
  const wanted = [named('leads'), named('leadFunnel')];

  beforeEach(async () => {
    folder = temporaryFolder();
    log = openEmbeddedLog({ file: folder.events });
    writer = await openEmbeddedViewWriter({ file: folder.views });
    reader = await openEmbeddedViewReader({ file: folder.views, threads: 0 });
    pipeline = new CommandPipeline({ log });
  });

  afterEach(async () => {
    await reader.close();
    await writer.close();
    await log.close();
    folder.remove();
  });

  const send = async (name: string, input: object): Promise<string> => {
    const command = commandsByName.get(name);
    if (!command) throw new Error(`no command ${name}`);
    return (await pipeline.execute(fromInput(command, input), { actor: 'ana' })).stream.id;
  };

  /** Leads, each registered; every second one assigned to others again and again and qualified. */
  const history = async (count: number): Promise<void> => {
    for (let index = 0; index < count; index++) {
      const id = await send('RegisterLead', { name: `Lead ${index}`, origin: index % 3 === 0 ? 'fair' : 'social' });
      if (index % 2 === 0) continue;
      for (const owner of ['bob', 'eve', 'joe']) await send('AssignLead', { id, owner });
      await send('QualifyLead', { id, temperature: 'warm' });
    }
  };

  /** The documents of a read model, folded by the simplest code there can be. */
  const naive = async (projection: Projection): Promise<ReadonlyMap<string, Document>> => {
    const documents = new Map<string, Document>();
    for (const event of (await log.readAll(0, 100_000)).events) {
      if (!projection.types.includes(event.type)) continue;
      for (const { key, to } of projection.changes(event)) {
        const after = to(documents.get(key));
        if (after) documents.set(key, after);
        else documents.delete(key);
      }
    }
    return documents;
  };

  const stored = async ({ model }: Projection): Promise<ReadonlyMap<string, Document>> => {
    const page = await reader.list(model, { orderBy: [], first: 500 });
    expect(page.hasNext).toBe(false);
    const rows = JSON.parse(page.json) as readonly { readonly key: string; readonly document: Document }[];
    return new Map(rows.map(({ key, document }) => [key, document]));
  };

  const expectSame = async (projection: Projection): Promise<void> => {
    const expected = await naive(projection);
    expect(expected.size).toBeGreaterThan(0);
    expect(new Map([...(await stored(projection))].sort())).toEqual(new Map([...expected].sort()));
  };

  it.each([1, 3, 7, 1_000])('makes what the events say, in pages of %i', async (pageSize) => {
    await history(20);
    await new Projector({ log, views: writer, projections: wanted, pageSize }).catchUp();
    for (const projection of wanted) {
      await expectSame(projection);
      expect(await reader.position(projection.model)).toBe(await log.head());
    }
  });

  it('goes on from its checkpoint, also for a read model that is further than another', async () => {
    await history(6);
    await new Projector({ log, views: writer, projections: [wanted[0] as Projection] }).catchUp();
    await history(6);
    await new Projector({ log, views: writer, projections: wanted }).catchUp();
    for (const projection of wanted) await expectSame(projection);
  });

  it('follows the log live, event for event', async () => {
    const stop = new AbortController();
    const running = new Projector({ log, views: writer, projections: wanted }).run(stop.signal);
    await history(10);
    const head = await log.head();
    for (const projection of wanted) await reader.reached(projection.model, head, 20_000);
    for (const projection of wanted) await expectSame(projection);
    stop.abort();
    await running;
  });

  it('has no double effect when two projectors work on the same store', async () => {
    const stop = new AbortController();
    const second = await openEmbeddedViewWriter({ file: folder.views });
    const failures: unknown[] = [];
    const onRetry = (failure: unknown): number => failures.push(failure);
    const running = [writer, second].map((views) =>
      new Projector({ log, views, projections: wanted, pageSize: 5, onRetry }).run(stop.signal),
    );
    await history(30);
    const head = await log.head();
    for (const projection of wanted) await reader.reached(projection.model, head, 30_000);
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
    const running = new Projector({ log, views: flaky, projections: wanted, pageSize: 20, onRetry: (failure) => told.push(failure) }).run(
      stop.signal,
    );
    const head = await log.head();
    for (const projection of wanted) await reader.reached(projection.model, head, 30_000);
    stop.abort();
    await running;
    expect(told.length).toBeGreaterThan(0);
    for (const projection of wanted) await expectSame(projection);
  });

  it('stops a read model at an event that its handler can not take, says which, and carries the others on', async () => {
    await history(4);
    const leads = wanted[0] as Projection;
    const broken: Projection = {
      ...leads,
      changes: (event) =>
        event.type === 'LeadQualified'
          ? [
              {
                key: event.stream.id,
                to: () => {
                  throw new Error('no such temperature');
                },
              },
            ]
          : leads.changes(event),
    };
    let progress: readonly Progress[] = [];
    const funnel = wanted[1] as Projection;
    await new Projector({ log, views: writer, projections: [broken, funnel], onProgress: (now) => (progress = now) }).catchUp();
    await expectSame(funnel);
    const stopped = progress.find(({ model }) => model === 'leads');
    expect(stopped?.error).toMatch(/^LeadQualified of lead .*revision 4, position 6: no such temperature$/);
    expect(stopped?.position).toBe(5);
    expect(await reader.position(leads.model)).toBe(5);
  });

  it('says so when its only read model stops at the first event', async () => {
    await history(1);
    const broken: Projection = {
      ...(wanted[0] as Projection),
      changes: () => {
        throw new Error('no such name');
      },
    };
    let progress: readonly Progress[] = [];
    await new Projector({ log, views: writer, projections: [broken], onProgress: (now) => (progress = now) }).catchUp();
    expect(progress).toMatchObject([{ position: 0, error: expect.stringContaining('no such name') }]);
  });

  it.each([
    ['a number that is not exact', { score: Number.MAX_SAFE_INTEGER + 2 }],
    ['an object for a text', { temperature: {} }],
  ])('stops a read model whose document the store can not take, for it holds %s, and carries the others on', async (_, wrong) => {
    await history(4);
    const [leads, funnel] = wanted as [Projection, Projection];
    const broken: Projection = {
      ...leads,
      changes: (event) => leads.changes(event).map(({ key, to }) => ({ key, to: (document) => ({ ...to(document), ...wrong }) })),
    };
    let progress: readonly Progress[] = [];
    await new Projector({ log, views: writer, projections: [broken, funnel], onProgress: (now) => (progress = now) }).catchUp();
    await expectSame(funnel);
    const stopped = progress.find(({ model }) => model === 'leads');
    expect(stopped).toMatchObject({
      position: 0,
      error: expect.stringMatching(/^the events after position 0, up to \d+, can't be stored: /),
    });
  });

  it('starts over when the log was put back to an earlier state', async () => {
    await history(4);
    const { model } = wanted[0] as Projection;
    await writer.prepare([model]);
    await writer.commit([
      { model, from: 0, to: (await log.head()) + 5, changes: [{ key: 'ghost', position: 1, document: { id: 'ghost' } }] },
    ]);
    await new Projector({ log, views: writer, projections: wanted }).catchUp();
    for (const projection of wanted) await expectSame(projection);
  });

  it('refuses to write over another projector', async () => {
    await history(2);
    const [{ model }] = wanted as [Projection];
    await new Projector({ log, views: writer, projections: wanted }).catchUp();
    await expect(writer.commit([{ model, from: 0, to: 99, changes: [] }])).rejects.toBeInstanceOf(CheckpointMoved);
  });
});
