/** Starting and stopping: asked to stop, the server ends cleanly; started again, it goes on where it was. */
import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { dropViewsOf, onKurrent } from '../support/engines/engines.js';
import { definePipeline, openOpportunity, registerLead } from '../support/api/funnel.js';
import { eventsIn, expectReadModelsToEqualTheLog } from '../support/read-models/read-models.js';
import { startServer } from '../support/processes/server.js';
import { folderPerTest } from '../support/folder.js';

const folder = folderPerTest();

describe('the server', () => {
  it('tells where it is served, and stops on Ctrl-C and on SIGTERM', async () => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      const server = await startServer(folder.path);
      await server.ready();
      const { code, output } = await server.stop(signal);
      expect(code).toBe(0);
      for (const path of ['/graphql', '/graphiql', '/health/ready', '/metrics']) expect(output).toContain(`${server.url}${path}`);
      expect(output).not.toMatch(/error|warn/i);
    }
  });

  it('stops before it has begun to be ready', async () => {
    for (let round = 0; round < 3; round++) expect(await (await startServer(folder.path)).stop()).toMatchObject({ code: 0 });
  });

  it('stops though clients keep their connections open, used and unused', async () => {
    const server = await startServer(folder.path);
    const unused = connect(Number(new URL(server.url).port), '127.0.0.1');
    await once(unused, 'connect');
    const used = connect(Number(new URL(server.url).port), '127.0.0.1');
    used.write('GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await once(used, 'data');
    // GraphQL's own grace for open connections is 10 s, which nobody at a console would wait for.
    expect(await Promise.race([server.stop(), sleep(8_000, 'still running', { ref: false })])).toMatchObject({ code: 0 });
    unused.destroy();
    used.destroy();
  });

  it('goes on where it was: the same records, the next revision, the next position', async () => {
    const first = await startServer(folder.path);
    const pipelineId = await definePipeline(first);
    const id = await openOpportunity(first, pipelineId);
    const commandId = '0b5c7b8e-0000-4000-8000-000000000002';
    const advanced = await first.done('advanceOpportunity', { commandId, id, stage: 'Offer' });
    await first.stop();

    const second = await startServer(folder.path);
    expect(await second.logPosition()).toBe(advanced.position);
    expect(await second.done('advanceOpportunity', { commandId, id, stage: 'Offer' })).toEqual(advanced);
    expect(
      await second.ask(
        'query ($id: ID!, $position: Position) { opportunity(id: $id, minPosition: $position) { stageName revision pipeline { name } } }',
        {
          id,
          position: advanced.position,
        },
      ),
    ).toEqual({ opportunity: { stageName: 'Offer', revision: 1, pipeline: { name: 'Standard' } } });
    const won = await second.done('winOpportunity', { id, expectedRevision: 1 });
    expect(won.revision).toBe(2);
    // A server that keeps more than this log counts by bytes.
    if (onKurrent) expect(Number(won.position)).toBeGreaterThan(Number(advanced.position));
    else expect(won.position).toBe(String(Number(advanced.position) + 1));
    await second.stop();
  });

  it('keeps every command that it answered when it is stopped in the middle of many', async () => {
    const server = await startServer(folder.path);
    await server.ready();
    const sent = Array.from({ length: 60 }, async () => registerLead(server).catch(() => undefined));
    await Promise.race(sent);
    expect(await server.stop()).toMatchObject({ code: 0 });
    const answered = (await Promise.all(sent)).filter((id) => id !== undefined);
    expect(answered.length).toBeGreaterThan(0);
    const recorded = new Set((await eventsIn(folder)).map(({ stream }) => stream.id));
    expect(answered.filter((id) => !recorded.has(id))).toEqual([]);
  });

  it('works beside another one, and takes over what that one did when it is killed', async () => {
    const [first, second] = [await startServer(folder.path), await startServer(folder.path)];
    const pipelineId = await definePipeline(first);
    const query = 'query ($position: Position) { opportunities(minPosition: $position) { totalCount } }';
    const shown = async (): Promise<unknown> => second.ask(query, { position: await second.logPosition() });
    await openOpportunity(first, pipelineId);
    await openOpportunity(second, pipelineId);
    expect(await shown()).toEqual({ opportunities: { totalCount: 2 } });
    await first.stop('SIGKILL');
    await openOpportunity(second, pipelineId);
    expect(await shown()).toEqual({ opportunities: { totalCount: 3 } });
    expect(await second.stop()).toMatchObject({ code: 0 });
    await expectReadModelsToEqualTheLog(folder);
  });

  it('builds read models anew when they are thrown away', async () => {
    const first = await startServer(folder.path);
    await openOpportunity(first, await definePipeline(first));
    await first.stop();
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${folder.views}${suffix}`, { force: true });
    await dropViewsOf(folder.path);
    const second = await startServer(folder.path);
    await second.ready();
    expect(await second.ask('{ opportunities { totalCount nodes { name } } }')).toEqual({
      opportunities: { totalCount: 1, nodes: [{ name: 'Bread' }] },
    });
    await second.stop();
    await expectReadModelsToEqualTheLog(folder);
  });
});
