import { describe, expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { runDemo } from '../../src/cli/demo.js';
import { loadConfig } from '../../src/config.js';
import { fillDemo, type DemoReport } from '../../src/demo/fill.js';
import { generate } from '../../src/demo/generate.js';
import { random } from '../../src/demo/random.js';
import type { RecordedEvent } from '../../src/kernel/event.js';
import { openRuntime } from '../../src/runtime.js';
import { RegisterLead } from '../../src/sales/lead.js';
import { folderPerTest } from '../support/folder.js';
import { startKurrentServer } from '../support/engines/kurrent.js';
import { allEvents } from '../support/log/log-events.js';

const UNTIL = Date.parse('2026-03-01T00:00:00Z');
const DAY = 86_400_000;

const folder = folderPerTest();

interface Options {
  readonly until?: number;
  readonly seed?: number;
  /** Stops after this many commands. */
  readonly stopAfter?: number;
  /** The server of the log; a file if not given. */
  readonly logUrl?: string;
}

/** Fills the folder's log. A refused command of a process manager fails the test. */
async function fill({ until = UNTIL, seed = 1, stopAfter, ...place }: Options = {}): Promise<{
  readonly report: DemoReport;
  readonly events: readonly RecordedEvent[];
}> {
  const runtime = await openRuntime(loadConfig({}, { dataDir: folder.path, readerThreads: 0, ...place }), {
    onRefusal: ({ message }) => {
      throw new Error(message);
    },
    durableAtClose: true,
    history: true,
  });
  const stop = new AbortController();
  try {
    const { log, commandHandler } = runtime;
    const onProgress = (done: number): void => {
      if (done === stopAfter) stop.abort();
    };
    const report = await fillDemo({ log, commandHandler, seed, until, onProgress, signal: stop.signal });
    return { report, events: await allEvents(log) };
  } finally {
    await runtime.close();
  }
}

describe('the demo company', () => {
  test('is the same for the same seed and day, and differs for another seed', () => {
    const shown = (seed: number, until: number): string => JSON.stringify(generate(seed, until));
    expect(shown(1, UNTIL)).toBe(shown(1, UNTIL));
    expect(shown(2, UNTIL)).not.toBe(shown(1, UNTIL));
    const first = new Set(generate(1, UNTIL).map(({ commandId }) => commandId));
    expect(generate(2, UNTIL).some(({ commandId }) => first.has(commandId))).toBe(false);
  });

  test('fills two years up to the given day, in order, with all kinds of events of a funnel', async () => {
    const { report, events } = await fill();
    expect(report).toMatchObject({ outcome: 'filled', from: UNTIL - 730 * DAY, until: UNTIL });

    const count = (type: string): number => events.filter((event) => event.type === type).length;
    expect(count('LeadRegistered')).toBeGreaterThan(2_900);
    for (const type of ['LeadAssigned', 'LeadQualified', 'LeadDisqualified', 'LeadReopened', 'OpportunityRevised', 'OpportunityReopened']) {
      expect(count(type)).toBeGreaterThan(0);
    }
    expect(count('OpportunityWon')).toBeGreaterThan(200);
    expect(count('OpportunityLost')).toBeGreaterThan(200);
    const moves = events
      .filter(({ type }) => type === 'OpportunityAdvanced')
      .map(({ data }) => data as { direction: string; skipped: number });
    expect(moves.some(({ direction }) => direction === 'back')).toBe(true);
    expect(moves.some(({ skipped }) => skipped > 0)).toBe(true);

    const times = events.map(({ metadata }) => metadata.recordedAt);
    expect(times.join()).toBe([...times].sort().join());
    expect(times[0]).toBe('2024-03-01T00:00:00.000Z');
    expect(times.at(-1)).toMatch(/^2026-02-2[78]T/);
    expect(events.every(({ metadata }) => metadata.importedAt !== undefined && metadata.occurredAt === metadata.recordedAt)).toBe(true);
  });

  test('continues with the same data after an interruption, even on a later day, and is then kept', async () => {
    const cut = await fill({ stopAfter: 500 });
    expect(cut.report.outcome).toBe('stopped');
    const whole = await fill({ until: UNTIL + 3 * DAY, seed: 7 });
    expect(whole.report).toMatchObject({ outcome: 'filled', until: UNTIL });
    const ids = (events: readonly RecordedEvent[]) => events.map(({ id }) => id).join();
    expect(ids(whole.events.slice(0, cut.events.length))).toBe(ids(cut.events));
    const again = await fill({ until: UNTIL + 9 * DAY });
    expect(again.report.outcome).toBe('kept');
    expect(ids(again.events)).toBe(ids(whole.events));
    // Every command changed something, so the log shows which commands have run.
    const run = new Set(whole.events.map(({ metadata }) => metadata.commandId));
    expect(generate(1, UNTIL).filter(({ commandId }) => !run.has(commandId))).toEqual([]);
  });

  test('continues on a server that also holds events of other programs', async () => {
    const server = await startKurrentServer();
    const cut = await fill({ stopAfter: 300, logUrl: server.url });
    expect(cut.report.outcome).toBe('stopped');
    const whole = await fill({ until: UNTIL + 3 * DAY, seed: 7, logUrl: server.url });
    expect(whole.report).toMatchObject({ outcome: 'filled', until: UNTIL });
    expect(whole.events.slice(0, cut.events.length)).toEqual(cut.events);
    const times = whole.events.map(({ metadata }) => metadata.recordedAt);
    expect(times).toEqual([...times].sort());
    await server.dispose();
  }, 180_000);

  test('does not change a log that holds other data', async () => {
    const runtime = await openRuntime(loadConfig({}, { dataDir: folder.path, readerThreads: 0 }), { onRefusal: () => undefined });
    await runtime.commandHandler.execute(RegisterLead({ name: 'Somebody' }), { actor: 'mara' });
    await runtime.close();
    const { report, events } = await fill();
    expect(report.outcome).toBe('kept');
    expect(events).toHaveLength(1);
  });
});

test('the demo is refused before it writes anything when modules leaves out sales', async () => {
  const config = loadConfig({}, { dataDir: folder.path, modules: 'parties' });
  const stream = { write: () => true };
  const terminal = { out: stream, err: stream, environment: {} };
  await expect(runDemo(config, { seed: 1, serve: false }, terminal)).rejects.toThrow('the setting modules leaves out sales');
  expect(existsSync(folder.events)).toBe(false);
});

describe('random numbers', () => {
  test('are uniform, within their bounds, and follow the weights', () => {
    const chance = random(1);
    const draws = Array.from({ length: 20_000 }, () => chance.next());
    expect(Math.min(...draws)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...draws)).toBeLessThan(1);
    expect(draws.reduce((sum, draw) => sum + draw, 0) / draws.length).toBeCloseTo(0.5, 1);

    const dice = Array.from({ length: 6_000 }, () => chance.whole(1, 6));
    for (const face of [1, 2, 3, 4, 5, 6]) expect(dice.filter((die) => die === face).length).toBeGreaterThan(850);
    expect(new Set(dice).size).toBe(6);

    const weighted = Array.from({ length: 4_000 }, () =>
      chance.weighted([
        ['often', 3],
        ['seldom', 1],
      ] as const),
    );
    expect(weighted.filter((word) => word === 'seldom').length / 4_000).toBeCloseTo(0.25, 1);
    const around = Array.from({ length: 4_001 }, () => chance.around(10)).sort((a, b) => a - b);
    expect(around[2_000]).toBeGreaterThan(9);
    expect(around[2_000]).toBeLessThan(11);
    expect(around[0]).toBeGreaterThan(0);
  });

  test('of neighbouring seeds are unrelated', () => {
    const firsts = Array.from({ length: 2_000 }, (_, seed) => random(seed).next());
    expect(new Set(firsts).size).toBe(2_000);
    expect(firsts.reduce((sum, draw) => sum + draw, 0) / 2_000).toBeCloseTo(0.5, 1);
    expect(() => random(3).one([])).toThrow('no values to choose from');
  });
});
