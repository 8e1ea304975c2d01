/** Each metric that docs/operations.md names: there, under that name and those labels, and saying what has happened. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { derivedId } from '../../src/kernel/derived-id.js';
import { domain } from '../../src/domain.js';
import { convertLead, definePipeline, qualifiedLead, registerLead } from '../support/api/funnel.js';
import { SocketClient } from '../support/api/socket-client.js';
import { sharedFolder } from '../support/folder.js';
import { until } from '../support/until.js';
import { type ReadModelServer, makeDeadLetter, startReadModelServer } from '../support/processes/read-model-server.js';

const folder = sharedFolder();
let server: ReadModelServer;

beforeAll(async () => {
  server = await startReadModelServer('fragile', folder.path);
});

/** The samples of a scrape by their names with labels. */
type Samples = ReadonlyMap<string, number>;

const scrape = async (of = server): Promise<Samples> => {
  const { text } = await of.get('/metrics');
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]));
};

/** A sample of what is told of each build. */
const ofBuild = (samples: Samples, name: string, model = 'leads'): number | undefined =>
  samples.get(`daybook_projection_${name}{model="${model}",version="1",build="1",state="live"}`);

const at = (head: number) => (samples: Samples) =>
  samples.get('daybook_log_position') === head &&
  domain.projections.every(({ model }) => ofBuild(samples, 'position', model.name) === head);

describe('/metrics', () => {
  it('is Prometheus text that names what the documentation names, and no record and nobody', async () => {
    await registerLead(server);
    const { status, headers, text } = await server.get('/metrics');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    // Every line is a comment or a sample.
    for (const line of text.split('\n').filter(Boolean)) {
      expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|[a-z_0-9]+(\{[^{}]*\})? [-+0-9.eNaInf]+)$/);
    }
    const [, table = ''] = /\n## Metrics\n([^#]*)/.exec(readFileSync('docs/operations.md', 'utf8')) ?? [];
    const documented = [...table.matchAll(/`((?:daybook|nodejs|process)_\w+)/g)].map(([, name]) => name ?? '');
    const there = [...text.matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name ?? '');
    expect(there).toEqual(expect.arrayContaining(documented));
    expect(documented).toEqual(expect.arrayContaining(there.filter((name) => name.startsWith('daybook_'))));
    expect(text).not.toMatch(/Ana|example\.com|[0-9a-f]{8}-[0-9a-f]{4}/);
  });

  it('counts commands by outcome, and how long those took that were done', async () => {
    const before = await scrape();
    const id = await registerLead(server);
    await server.done('assignLead', { id, ownerId: 'bob', commandId: 'b6a7ae17-8a6c-4d9a-a8f1-6f3f6c7f3f10' });
    await server.done('assignLead', { id, ownerId: 'bob', commandId: 'b6a7ae17-8a6c-4d9a-a8f1-6f3f6c7f3f10' });
    await server.command('reopenLead', { id });
    await server.command('reviseLead', { id, name: 'Ana Pop' });
    const after = await scrape();
    const more = (name: string): number => (after.get(name) ?? 0) - (before.get(name) ?? 0);
    const outcomes = ['RegisterLead done', 'AssignLead done', 'AssignLead repeated', 'ReopenLead LEAD_OPEN', 'ReviseLead unchanged'];
    for (const each of outcomes) {
      const [command, outcome] = each.split(' ');
      expect([each, more(`daybook_commands_total{command="${command}",outcome="${outcome}"}`)]).toEqual([each, 1]);
    }
    // What a rule refused is in no time.
    expect(more('daybook_command_seconds_count')).toBe(4);
    expect(more('daybook_command_seconds_sum')).toBeGreaterThan(0);
  });

  it('tells where log and builds stand, how long batches took, and how the process does', async () => {
    await registerLead(server);
    const head = Number(await server.logPosition());
    const samples = await until(scrape, at(head));
    for (const { model } of domain.projections) {
      expect([model.name, ofBuild(samples, 'lag_events', model.name), ofBuild(samples, 'lag_seconds', model.name)]).toEqual([
        model.name,
        0,
        0,
      ]);
      const batches = `daybook_projection_batch_seconds_count{model="${model.name}",version="${model.version}"}`;
      // The projector tells of its batches now and then.
      await until(scrape, (told) => (told.get(batches) ?? 0) > 0);
    }
    expect(samples.get('daybook_ready')).toBe(1);
    expect(samples.get('nodejs_eventloop_lag_p99_seconds')).toBeGreaterThan(0);
    expect(samples.get('process_resident_memory_bytes')).toBeGreaterThan(10_000_000);
  });

  it('tells the events that a live build was given per second, and 0 when nothing comes any more', async () => {
    await until(scrape, (samples) => ofBuild(samples, 'events_per_second') === 0);
    let leads = 0;
    const busy = async (): Promise<Samples> => {
      await registerLead(server);
      leads += 1;
      return scrape();
    };
    const samples = await until(busy, (told) => (ofBuild(told, 'events_per_second') ?? 0) > 0);
    expect(ofBuild(samples, 'events_per_second')).toBeLessThanOrEqual(leads);
    // One that names nothing of what happened is given nothing, though it goes on.
    expect(ofBuild(samples, 'events_per_second', 'accounts')).toBe(0);
    await until(scrape, (told) => ofBuild(told, 'events_per_second') === 0);
  });

  it('counts documents that wait', async () => {
    expect(ofBuild(await scrape(), 'dead_letters')).toBe(0);
    await makeDeadLetter(server);
    await makeDeadLetter(server);
    const samples = await until(scrape, (told) => ofBuild(told, 'dead_letters') === 2);
    expect(samples.get('daybook_ready')).toBe(1);
    expect(ofBuild(samples, 'dead_letters', 'leadFunnel')).toBe(0);
  });

  it('counts websockets that are open and subscriptions that run', async () => {
    const client = new SocketClient(server.url);
    await client.subscribe('subscription { projectionProgress { build } }').next();
    await client.subscribe('subscription { projectionProgress { build } }').next();
    const samples = await scrape();
    expect([samples.get('daybook_websockets'), samples.get('daybook_subscriptions')]).toEqual([1, 2]);
    await client.close();
    await until(scrape, (told) => told.get('daybook_websockets') === 0 && told.get('daybook_subscriptions') === 0);
  });

  it('counts commands of process managers that a rule refused', async () => {
    const id = await qualifiedLead(server);
    await server.done('registerAccount', { id: derivedId(id, 'account'), name: 'In the way' });
    await convertLead(server, id, await definePipeline(server));
    await until(scrape, (samples) => (samples.get('daybook_policy_refusals_total{policy="leadConversion"}') ?? 0) > 0);
  });

  it('tells how far behind builds are that nobody projects, in positions and in seconds', async () => {
    const head = Number(await server.logPosition());
    await until(scrape, at(head));
    const alone = await startReadModelServer('fragile', folder.path, { role: 'api' });
    await server.kill();
    await registerLead(alone);
    await alone.done('registerAccount', { name: 'Brutăria Ana' });
    const grown = Number(await alone.logPosition());
    const lag = (samples: Samples): number => ofBuild(samples, 'lag_seconds') ?? 0;
    const first = await until(
      () => scrape(alone),
      (samples) => samples.get('daybook_log_position') === grown && lag(samples) > 0.2,
    );
    expect(ofBuild(first, 'lag_events')).toBe(grown - head);
    const second = await until(
      () => scrape(alone),
      (samples) => samples.get('daybook_ready') === 0,
    );
    // `readyLagMs` is two seconds.
    expect(lag(second)).toBeGreaterThan(1.5);
    server = await startReadModelServer('fragile', folder.path);
    await until(
      () => scrape(alone),
      (samples) => samples.get('daybook_ready') === 1 && lag(samples) === 0 && ofBuild(samples, 'lag_events') === 0,
    );
  });
});
