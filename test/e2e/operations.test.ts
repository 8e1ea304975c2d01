/** What operations ask: is it alive, is it ready and who is behind, how does it do. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fromInput } from '../../src/kernel/input.js';
import { CommandPipeline } from '../../src/pipeline/command-pipeline.js';
import { RegisterLead } from '../../src/sales/lead.js';
import { projections } from '../../projections/index.js';
import { logIn, onMongo } from '../support/engines.js';
import { registerLead } from '../support/funnel.js';
import { temporaryFolder } from '../support/folder.js';
import { startServer, stopServers, type Server } from '../support/server.js';

const folder = temporaryFolder();
let server: Server;

interface Standing {
  readonly status: string;
  readonly head: string;
  readonly models: readonly { readonly model: string; readonly version: number; readonly position: number; readonly behind: number }[];
}

const standing = async (of: Server): Promise<{ readonly status: number; readonly body: Standing }> => {
  const { status, text } = await of.get('/health/ready');
  return { status, body: JSON.parse(text) as Standing };
};

beforeAll(async () => {
  server = await startServer(folder.path);
});

afterAll(async () => {
  await stopServers();
  folder.remove();
});

describe('/health/live', () => {
  it('answers as long as the process does', async () => {
    expect(await server.get('/health/live')).toMatchObject({ status: 200, text: '{"status":"live"}' });
  });
});

describe('/health/ready', () => {
  it('names every read model and where it stands', async () => {
    await registerLead(server);
    await server.ready();
    const { status, body } = await standing(server);
    expect(status).toBe(200);
    expect(body.status).toBe('ready');
    expect(body.models.map(({ model }) => model).sort()).toEqual(projections.map(({ model }) => model.name).sort());
  });

  it('says no while read models are behind what the log held at the start, and names them', async () => {
    const behind = temporaryFolder();
    const log = await logIn(behind.path);
    const pipeline = new CommandPipeline({ log });
    // As many as keep it busy for a while: SecantusDB takes a second for what SQLite takes in a few milliseconds.
    const LEADS = onMongo ? 500 : 6_000;
    for (let i = 0; i < LEADS; i += 500) {
      await Promise.all(
        Array.from({ length: 500 }, async () => pipeline.execute(fromInput(RegisterLead, { name: 'Ana' }), { actor: 'ana' })),
      );
    }
    const head = await log.head();
    await log.close();
    // One event at a time, so that there is something to see.
    const late = await startServer(behind.path, { DAYBOOK_PROJECTION_PAGE: '10' });
    const first = await standing(late);
    expect(first).toMatchObject({ status: 503, body: { status: 'behind' } });
    const wrong = await late.request('{ leads { totalCount } }');
    expect(wrong.errors).toEqual([]);
    await late.ready();
    const { body } = await standing(late);
    expect(body.head).toBe(String(head));
    expect(body.models.every(({ behind: missing }) => missing === 0)).toBe(true);
    expect(await late.ask('{ leads { totalCount } }')).toEqual({ leads: { totalCount: LEADS } });
    expect(await late.stop()).toMatchObject({ code: 0 });
    behind.remove();
  });
});

describe('/metrics', () => {
  /** The value of a sample; undefined when it is not there. */
  const sample = (text: string, name: string): number | undefined => {
    const line = text.split('\n').find((each) => each.startsWith(`${name} `));
    return line === undefined ? undefined : Number(line.slice(name.length + 1));
  };

  it('is Prometheus text: commands by outcome, positions of log and read models, the process', async () => {
    const id = await registerLead(server);
    await server.command('reopenLead', { id });
    await server.command('reviseLead', { id, name: 'Ana Pop' });
    const head = Number(await server.logPosition());
    // The server looks at the end of its log now and then.
    let answer = await server.get('/metrics');
    while (sample(answer.text, 'daybook_log_position') !== head) answer = await server.get('/metrics');
    const behind = (text: string): boolean =>
      projections.some(
        ({ model }) =>
          !text.includes(`daybook_projection_position{model="${model.name}",version="${model.version}",build="1",state="live"} ${head}\n`),
      );
    while (behind(answer.text)) answer = await server.get('/metrics');
    const { status, headers, text } = answer;
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(sample(text, 'daybook_commands_total{command="RegisterLead",outcome="done"}')).toBeGreaterThan(0);
    expect(sample(text, 'daybook_commands_total{command="ReopenLead",outcome="LEAD_OPEN"}')).toBe(1);
    expect(sample(text, 'daybook_commands_total{command="ReviseLead",outcome="unchanged"}')).toBe(1);
    for (const { model } of projections) {
      const labels = `model="${model.name}",version="${model.version}",build="1",state="live"`;
      expect(sample(text, `daybook_projection_position{${labels}}`)).toBe(head);
      expect(sample(text, `daybook_projection_lag_events{${labels}}`)).toBe(0);
    }
    expect(sample(text, 'daybook_ready')).toBe(1);
    expect(sample(text, 'nodejs_eventloop_lag_p99_seconds')).toBeDefined();
    // Every line is a comment or a sample.
    for (const line of text.split('\n').filter(Boolean)) {
      expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|[a-z_0-9]+(\{[^{}]*\})? [-+0-9.eNaInf]+)$/);
    }
  });

  it('names no record and nobody', async () => {
    const { text } = await server.get('/metrics');
    expect(text).not.toMatch(/Ana|example\.com|[0-9a-f]{8}-[0-9a-f]{4}/);
  });
});

describe('a request that takes too long', () => {
  it('is told so, and the server goes on', async () => {
    const slow = temporaryFolder();
    const impatient = await startServer(slow.path, { DAYBOOK_REQUEST_TIMEOUT_MS: '400' });
    try {
      const late = await impatient.request('{ leads(minPosition: "999") { totalCount } }');
      expect(late.status).toBe(503);
      expect(late.text).toContain('TIMED_OUT');
      expect(await impatient.get('/health/live')).toMatchObject({ status: 200 });
    } finally {
      await impatient.stop();
      slow.remove();
    }
  });
});
