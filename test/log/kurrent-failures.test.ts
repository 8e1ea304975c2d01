/** The log on EventStoreDB while the server, the network or the leader fails: nothing is lost, nothing is written twice, nothing hangs. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { fork } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { appendFileSync, copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { RecordedEvent } from '../../src/kernel/event.js';
import { openKurrentLog, type KurrentLogOptions } from '../../src/log/kurrent.js';
import { LogUnavailable, WrongRevision, type EventLog, type EventToAppend, type Page } from '../../src/log/port.js';
import { startKurrentServer, type KurrentServer } from '../support/engines/kurrent.js';
import { startRelay } from '../support/engines/relay.js';
import { allEvents, eventsOf, freshStream, noted, readToEnd, tailed } from '../support/log/log-events.js';

let server: KurrentServer;
/** A test's own log in the server. */
let prefix: string;
let opened: EventLog[];
beforeAll(async () => {
  server = await startKurrentServer();
});
beforeEach(() => {
  opened = [];
  prefix = `t${randomUUID().replaceAll('-', '')}.`;
});
afterEach(async () => {
  await Promise.all(opened.map((log) => log.close()));
  await server.faults({ silent: false, slowMs: 0, lostAnswers: 0, unavailable: 0 });
});
afterAll(() => server.dispose());

async function open(options: Partial<KurrentLogOptions> = {}): Promise<EventLog> {
  const log = await openKurrentLog({ url: server.url, prefix, answerMs: 2000, retryMs: 20_000, ...options });
  opened.push(log);
  return log;
}

const ids = (events: readonly { readonly id: string }[]): string[] => events.map((event) => event.id);

/** Appends to a stream again and again, one event at a time, until told to stop. @returns the events that the log acknowledged, in order */
function appending(log: EventLog): { stop(): Promise<readonly EventToAppend[]>; readonly count: () => number } {
  const stream = freshStream();
  const acknowledged: EventToAppend[] = [];
  let stopped = false;
  const running = (async () => {
    for (let n = 0; !stopped; n += 1) {
      const event = noted({ n });
      const { revision } = await log.append(stream, n === 0 ? 'none' : n - 1, [event]);
      expect(revision).toBe(n);
      acknowledged.push(event);
    }
  })();
  return {
    count: () => acknowledged.length,
    async stop() {
      stopped = true;
      await running;
      return acknowledged;
    },
  };
}

/** A tail that is read until it has given these events, by their ids. */
function tailing(
  log: EventLog,
  limit = 7,
): { until(wanted: readonly string[]): Promise<readonly RecordedEvent[]>; readonly count: () => number } {
  const abort = new AbortController();
  const events: RecordedEvent[] = [];
  const arrivals = new EventEmitter();
  const running = (async () => {
    for await (const page of log.tail(0, { limit, signal: abort.signal })) {
      events.push(...page.events);
      arrivals.emit('arrived');
    }
  })();
  return {
    count: () => events.length,
    async until(wanted) {
      while (!wanted.every((id) => events.some((event) => event.id === id))) {
        await Promise.race([running, once(arrivals, 'arrived')]);
      }
      abort.abort();
      await running;
      return events;
    },
  };
}

async function reached(count: () => number, wanted: number): Promise<void> {
  while (count() < wanted) await delay(5);
}

describe('an append whose answer gets lost', () => {
  test.each(['drop', 'silence'] as const)('by %s is answered as the first time, and written once', async (lostBy) => {
    const log = await open({ answerMs: 300 });
    const stream = freshStream();
    const events = [noted(), noted(), noted()];
    await log.append(stream, 'none', [noted()]);
    await server.faults({ lostAnswers: 2, lostBy });
    const appended = await log.append(stream, 0, events);
    expect(appended.revision).toBe(3);
    const stored = await log.readStream(stream);
    expect(ids(stored.slice(1))).toEqual(ids(events));
    expect(stored.at(-1)?.position).toBe(appended.position);
    expect(await log.append(stream, 0, events)).toEqual(appended);
  });

  test('after which somebody else has appended, is answered as the first time', async () => {
    const [log, other] = [await open({ answerMs: 300, retryMs: 0 }), await open()];
    const stream = freshStream();
    const event = noted();
    await server.faults({ lostAnswers: 1, lostBy: 'silence' });
    await expect(log.append(stream, 'none', [event])).rejects.toThrow(LogUnavailable);
    await other.append(stream, 0, [noted()]);
    expect(await log.append(stream, 'none', [event])).toMatchObject({ revision: 0 });
    expect(await log.readStream(stream)).toHaveLength(2);
  });

  test('takes no tail with it: those of the same log go on, whatever becomes of its connection', async () => {
    const log = await open({ answerMs: 300 });
    const tails = [tailing(log), tailing(log)];
    const [stream, events] = [freshStream(), [noted(), noted(), noted()]];
    await log.append(stream, 'none', [events[0]!]);
    await Promise.all(tails.map(({ count }) => reached(count, 1)));
    await server.faults({ lostAnswers: 1, lostBy: 'silence' });
    await log.append(stream, 0, [events[1]!]);
    await log.append(stream, 1, [events[2]!]);
    for (const tail of tails) expect(ids(await tail.until(ids(events)))).toEqual(ids(events));
  });

  test('does not keep the others that share its connection from being written once', async () => {
    const log = await open();
    const streams = Array.from({ length: 40 }, () => freshStream());
    await server.faults({ lostAnswers: 3, lostBy: 'drop' });
    const appended = await Promise.all(streams.map((stream) => log.append(stream, 'none', [noted(), noted()])));
    expect(appended.map(({ revision }) => revision)).toEqual(streams.map(() => 1));
    expect(eventsOf(await readToEnd(log, 100))).toHaveLength(80);
  });

  test('is refused as ever when it came too late', async () => {
    const log = await open();
    const stream = freshStream();
    await log.append(stream, 'none', [noted()]);
    await server.faults({ lostAnswers: 1 });
    await expect(log.append(stream, 'none', [noted()])).rejects.toThrow(WrongRevision);
    expect(await log.readStream(stream)).toHaveLength(1);
  });

  test('is safe on a server without streams of appends too', async () => {
    const old = await startKurrentServer({ without: ['batchappend'] });
    const log = await open({ url: old.url });
    const stream = freshStream();
    const events = [noted(), noted()];
    await old.faults({ lostAnswers: 1 });
    const appended = await log.append(stream, 'none', events);
    expect(await log.append(stream, 'none', events)).toEqual(appended);
    await expect(log.append(stream, 0, [noted()])).rejects.toMatchObject({ name: 'WrongRevision', actual: 1 });
    expect(ids(await log.readStream(stream))).toEqual(ids(events));
    await log.close();
    await old.dispose();
  });
});

describe('a server that is slow, silent or starting', () => {
  test('is asked again while it says that it is not ready', async () => {
    const log = await open();
    const stream = freshStream();
    await server.faults({ unavailable: 3 });
    await log.append(stream, 'none', [noted()]);
    await server.faults({ unavailable: 2 });
    expect(await log.readStream(stream)).toHaveLength(1);
    await server.faults({ unavailable: 2 });
    expect(await allEvents(log)).toHaveLength(1);
  });

  test('that answers too late fails the append, which can be asked for again', async () => {
    const log = await open({ answerMs: 500, retryMs: 1_000 });
    const stream = freshStream();
    const event = noted();
    await log.append(freshStream(), 'none', [noted()]);
    await server.faults({ slowMs: 2_000 });
    const error = await log.append(stream, 'none', [event]).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(LogUnavailable);
    expect((error as Error).message).toContain('no answer within 500 ms');
    await server.faults({ slowMs: 0 });
    expect(await log.append(stream, 'none', [event])).toMatchObject({ revision: 0 });
    expect(await log.readStream(stream)).toHaveLength(1);
  });

  test('that falls silent fails every call in time, and all work again when it speaks', async () => {
    const log = await open({ answerMs: 500, retryMs: 1_000 });
    const stream = freshStream();
    await log.append(stream, 'none', [noted()]);
    const tail = tailed(log, 0, 2);
    await server.faults({ silent: true });
    const calls = [
      log.append(stream, 0, [noted()]),
      log.readStream(stream),
      log.readAll(0, 10),
      log.readAll(0, 10, ['Noted']),
      log.head(),
      log.positionAt('2100-01-01T00:00:00.000Z'),
    ];
    for (const call of await Promise.allSettled(calls)) {
      expect(call).toMatchObject({ status: 'rejected', reason: expect.any(LogUnavailable) });
    }
    await server.faults({ silent: false });
    const { revision } = (await log.readStream(stream)).at(-1)!;
    await log.append(stream, revision, [noted()]);
    expect(new Set(ids(eventsOf(await tail))).size).toBe(eventsOf(await tail).length);
    expect(await log.head()).toBe((await log.readStream(stream)).at(-1)?.position);
  });

  test('that accepts connections and says nothing is not opened, and told', async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => sockets.push(socket.on('error', () => socket.destroy())));
    await once(silent.listen(0, '127.0.0.1'), 'listening');
    const { port } = silent.address() as AddressInfo;
    await expect(open({ url: `kurrentdb://127.0.0.1:${port}?tls=false`, answerMs: 200, retryMs: 300 })).rejects.toThrow(
      `kurrentdb://127.0.0.1:${port} could not tell its version`,
    );
    for (const socket of sockets) socket.destroy();
    silent.close();
  });

  test('that was not there for the first read is found when it comes', async () => {
    await server.kill();
    const opening = open();
    await delay(300);
    await server.restart();
    expect(await (await opening).head()).toBe(0);
  });
});

describe('a server in which others have written much since the last event', () => {
  let folder: string;
  let shared: KurrentServer;
  let last: number;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'daybook-shared-'));
    const file = join(folder, 'log.jsonl');
    shared = await startKurrentServer({ file });
    const log = await open({ url: shared.url });
    last = (await log.append(freshStream(), 'none', [noted()])).position;
    await Promise.all([log.close(), shared.kill()]);
    const events = Array.from({ length: 5000 }, () => ({
      id: randomUUID(),
      type: 'Measured',
      contentType: 'text/plain',
      data: '',
      metadata: '',
    }));
    appendFileSync(file, `${JSON.stringify({ created: 0, parts: [{ stream: 'stats', revision: '0', events }] })}\n`);
    await shared.restart();
  });
  afterEach(async () => {
    await Promise.all(opened.map((log) => log.close()));
    await shared.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  test('is waited for as long as it answers, however long it looks for that event', async () => {
    await shared.faults({ scanMs: 400 });
    const log = await open({ url: shared.url, answerMs: 1_000, retryMs: 1_500 });
    expect(await log.head()).toBe(last);
  });

  test('is given up when it falls silent while it looks', async () => {
    await shared.faults({ scanMs: 60_000 });
    const opening = open({ url: shared.url, answerMs: 300, retryMs: 500 });
    await delay(100);
    await shared.faults({ silent: true });
    await expect(opening).rejects.toThrow('no answer within 300 ms');
  });

  test('looks through that once: from then on only through what is new', async () => {
    const [log, other] = [await open({ url: shared.url }), await open({ url: shared.url })];
    await shared.faults({ scanMs: 60_000 });
    expect(await log.head()).toBe(last);
    await shared.system('stats', 'Measured');
    expect(await log.head()).toBe(last);
    const events = Array.from({ length: 150 }, () => noted());
    for (const some of [events.slice(0, 1), events.slice(1, 3), events.slice(3)]) {
      const { position } = await other.append(freshStream(), 'none', some);
      expect(await log.head()).toBe(position);
      await shared.system('stats', 'Measured');
      expect(await log.head()).toBe(position);
    }
  });
});

describe('a server of an older version, which tells where a tail is only with its events', () => {
  /** @returns the ids of events, each in a stream of its own */
  async function writeTo(log: EventLog, count: number): Promise<string[]> {
    const events = Array.from({ length: count }, () => noted());
    for (const event of events) await log.append(freshStream(), 'none', [event]);
    return ids(events);
  }

  test.each([
    ['all types', 10, undefined],
    ['named types', 10, ['Noted']],
    ['all types', 1_000, undefined],
  ])('gives one of %s, in pages of %i, each event once, though more come than the client holds meanwhile', async (_, limit, types) => {
    const log = await open();
    const written = await writeTo(log, 35);
    const abort = new AbortController();
    const given: string[] = [];
    for await (const { events } of log.tail(0, { limit, ...(types ? { types } : {}), signal: abort.signal })) {
      given.push(...ids(events));
      // The page is taken slowly: meanwhile the server goes on until the client's buffers are full.
      if (written.length === 35) written.push(...(await writeTo(log, 8)));
      await delay(20);
      if (given.length >= 43) abort.abort();
    }
    expect(given).toEqual(written);
  });

  test('goes on from the end of a page, and finds the end of the log', async () => {
    const log = await open();
    const written = await writeTo(log, 40);
    const pages = await readToEnd(log, 7);
    expect(ids(eventsOf(pages))).toEqual(written);
    expect(pages.at(-1)?.position).toBe(await log.head());
    expect(await log.readAll(await log.head(), 10, ['Sold'])).toMatchObject({ events: [] });
  });
});

describe('a connection that breaks', () => {
  test('again and again under appends leaves every tail with every event once', async () => {
    const log = await open();
    const tails = [tailing(log, 1), tailing(log, 5), tailing(log, 500)];
    const appends = [appending(log), appending(log)];
    for (let n = 1; n <= 6; n += 1) {
      await Promise.all(appends.map(({ count }) => reached(count, n * 8)));
      await server.drop();
    }
    const acknowledged = (await Promise.all(appends.map((one) => one.stop()))).flat();
    const all = ids(eventsOf(await readToEnd(log, 100)));
    expect([...all].sort()).toEqual(ids(acknowledged).sort());
    for (const tail of tails) expect(ids(await tail.until(all))).toEqual(all);
  });

  test('while a tail of named types catches up, leaves it with each of them once', async () => {
    const log = await open();
    const types = Array.from({ length: 400 }, (_, n) => (n % 10 === 0 ? 'Sold' : 'Noted'));
    const events = types.map((type) => noted({}, { type }));
    await log.append(freshStream(), 'none', events);
    await server.faults({ slowMs: 2 });
    const pages: Page[] = [];
    const abort = new AbortController();
    for await (const page of log.tail(0, { limit: 4, types: ['Sold'], signal: abort.signal })) {
      pages.push(page);
      await server.drop();
      if (eventsOf(pages).length === 40) abort.abort();
    }
    expect(ids(eventsOf(pages))).toEqual(ids(events.filter((event) => event.type === 'Sold')));
  });
});

describe('a server that stands still while much is written to it', () => {
  test('ends no process, and takes all of it when it goes on', async () => {
    const burst = fork(join(import.meta.dirname, '..', 'support', 'processes', 'kurrent-burst.mjs'), [server.url, prefix], {
      stdio: ['pipe', 'pipe', 'pipe', 'ipc'],
      execArgv: [],
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    const ended = once(burst, 'exit');
    let said = '';
    burst.stderr?.on('data', (text: Buffer) => (said += text.toString()));
    await once(burst.stdout!, 'data');
    const acknowledged = once(burst.stdout!, 'data');
    server.freeze();
    burst.stdin?.write('now');
    // Long enough for its calls to be given up.
    await delay(1_000);
    server.thaw();
    const [outcome] = (await Promise.race([acknowledged, ended])) as [unknown];
    expect(said).toBe('');
    expect(String(outcome)).toBe('64\n');
    expect(await ended).toEqual([0, null]);
    expect(eventsOf(await readToEnd(await open(), 100))).toHaveLength(65);
  });
});

describe('a connection that goes dead without being closed', () => {
  test('is left for a new one as soon as an answer is missing', async () => {
    const relay = await startRelay(server.port);
    const log = await open({ url: `kurrentdb://127.0.0.1:${relay.port}?tls=false`, answerMs: 300, retryMs: 5000 });
    const stream = freshStream();
    const events = [noted(), noted(), noted()];
    for (const [n, event] of events.entries()) {
      await log.append(stream, n === 0 ? 'none' : n - 1, [event]);
      relay.deaden();
      expect(await log.readStream(stream)).toHaveLength(n + 1);
      relay.deaden();
      expect(await log.head()).toBeGreaterThan(0);
      expect(await allEvents(log)).toHaveLength(n + 1);
      relay.deaden();
    }
    expect(ids(await allEvents(log))).toEqual(ids(events));
    await log.close();
    await relay.close();
  });
});

describe('a server that is killed and started again', () => {
  test('under appends and tails loses nothing that was acknowledged, and gives nothing twice', async () => {
    const log = await open();
    const tails = [tailing(log), tailing(log, 100)];
    const appends = [appending(log), appending(log), appending(log)];
    for (let n = 1; n <= 3; n += 1) {
      await Promise.all(appends.map(({ count }) => reached(count, n * 10)));
      await server.kill();
      await server.restart();
    }
    await Promise.all(appends.map(({ count }) => reached(count, 40)));
    const acknowledged = (await Promise.all(appends.map((one) => one.stop()))).flat();
    const all = ids(eventsOf(await readToEnd(log, 100)));
    expect([...all].sort()).toEqual(ids(acknowledged).sort());
    for (const tail of tails) expect(ids(await tail.until(all))).toEqual(all);
  });

  test('meanwhile an append says that the log is unavailable and what to look at', async () => {
    const log = await open({ retryMs: 200 });
    await server.kill();
    const error = await log.append(freshStream(), 'none', [noted()]).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(LogUnavailable);
    expect((error as Error).message).toContain('Check that the server is running');
    await server.restart();
  });
});

describe('a cluster whose leader changes', () => {
  let folder: string;
  let nodes: KurrentServer[];
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'daybook-cluster-'));
    const file = join(folder, 'log.jsonl');
    nodes = [await startKurrentServer({ file }), await startKurrentServer({ file })];
    await nodes[1]!.follow(at(nodes[0]!));
  });
  afterEach(async () => {
    await Promise.all(nodes.map((node) => node.dispose()));
    rmSync(folder, { recursive: true, force: true });
  });

  const at = ({ port }: KurrentServer) => ({ host: '127.0.0.1', port });
  /** The old leader says where the new one is. */
  const change = async (from: KurrentServer, to: KurrentServer) => {
    await from.follow(at(to));
    await to.lead();
  };

  const ways: readonly [string, (nodes: readonly KurrentServer[]) => string][] = [
    ['through one node', ([first]) => first!.url],
    ['through the other node', ([, second]) => second!.url],
    ['through all nodes, by gossip', (all) => `kurrentdb://${all.map(({ port }) => `127.0.0.1:${port}`).join(',')}?tls=false`],
  ];
  test.each(ways)('is followed %s, back and forth', async (_, urlOf) => {
    const [first, second] = nodes as [KurrentServer, KurrentServer];
    const log = await open({ url: urlOf(nodes) });
    const tail = tailing(log);
    const appends = [appending(log), appending(log)];
    for (let n = 1; n <= 4; n += 1) {
      await Promise.all(appends.map(({ count }) => reached(count, n * 6)));
      await (n % 2 === 1 ? change(first, second) : change(second, first));
    }
    await Promise.all(appends.map(({ count }) => reached(count, 30)));
    const acknowledged = ids((await Promise.all(appends.map((one) => one.stop()))).flat());
    const seen = ids(await tail.until(acknowledged));
    expect([...seen].sort()).toEqual([...acknowledged].sort());
    expect(ids(eventsOf(await readToEnd(log, 50)))).toEqual(seen);
  });

  test('because it was killed, is found by gossip', async () => {
    const [first, second] = nodes as [KurrentServer, KurrentServer];
    const log = await open({ url: ways[2]![1](nodes) });
    const tail = tailing(log);
    const one = appending(log);
    await reached(one.count, 10);
    await first.kill();
    await second.lead();
    await reached(one.count, one.count() + 10);
    const acknowledged = ids(await one.stop());
    expect(ids(await tail.until(acknowledged))).toEqual(acknowledged);
  });
});

describe('a leader that is cut off when another one takes over', () => {
  test('is left by a tail that had waited there, without a gap', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'daybook-cut-off-'));
    const files = [join(folder, 'old.jsonl'), join(folder, 'new.jsonl')] as const;
    const old = await startKurrentServer({ file: files[0] });
    const events = Array.from({ length: 3 }, () => noted());
    const before = await open({ url: old.url });
    await before.append(freshStream(), 'none', [events[0]!]);
    copyFileSync(...files);
    const next = await startKurrentServer({ file: files[1] });
    await next.follow({ host: '127.0.0.1', port: old.port });
    const log = await open({ url: `kurrentdb://127.0.0.1:${old.port},127.0.0.1:${next.port}?tls=false`, answerMs: 300 });
    const tail = tailing(log);
    await reached(tail.count, 1);
    await next.lead();
    await old.follow({ host: '127.0.0.1', port: next.port });
    for (const event of events.slice(1)) await log.append(freshStream(), 'none', [event]);
    expect(ids(await tail.until(ids(events)))).toEqual(ids(events));
    await Promise.all([old.dispose(), next.dispose()]);
    rmSync(folder, { recursive: true, force: true });
  });
});

describe('a node that lags behind its leader', () => {
  let folder: string;
  let leader: KurrentServer;
  let lagging: KurrentServer;
  let all: EventToAppend[];
  let last: number;
  /** The lagging node has the first two of five events, and gets no more. */
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'daybook-lag-'));
    const files = [join(folder, 'leader.jsonl'), join(folder, 'lagging.jsonl')] as const;
    leader = await startKurrentServer({ file: files[0] });
    const log = await open({ url: leader.url });
    all = Array.from({ length: 5 }, () => noted());
    for (const event of all.slice(0, 2)) await log.append(freshStream(), 'none', [event]);
    copyFileSync(...files);
    lagging = await startKurrentServer({ file: files[1] });
    await lagging.follow({ host: '127.0.0.1', port: leader.port });
    for (const event of all.slice(2)) last = (await log.append(freshStream(), 'none', [event])).position;
  });
  afterEach(async () => {
    await Promise.all([leader.dispose(), lagging.dispose()]);
    rmSync(folder, { recursive: true, force: true });
  });

  const openThere = () => open({ url: `${lagging.url}&nodePreference=follower` });

  test('is not asked where the log ends, so that what others have read beyond its end is not taken for another log', async () => {
    const log = await openThere();
    expect(await log.head()).toBe(last);
    expect(await log.end()).toBe(last);
    expect(await log.positionAt('2100-01-01T00:00:00.000Z')).toBe(last);
  });

  test('is read from as the connection string wants it, and left for the leader where it has no more', async () => {
    const log = await openThere();
    const pages = await readToEnd(log, 10);
    expect(pages.find(({ events }) => events.length > 0)?.events).toHaveLength(2);
    expect(ids(eventsOf(pages))).toEqual(ids(all));
    expect(ids(eventsOf(await readToEnd(log, 10, ['Noted'])))).toEqual(ids(all));
  });

  test('does not keep a tail: it goes on at the leader, without a gap', async () => {
    const log = await open({ url: `${lagging.url}&nodePreference=follower`, answerMs: 300 });
    const tail = tailing(log);
    await reached(tail.count, 2);
    const [other, event] = [await open({ url: leader.url }), noted()];
    await other.append(freshStream(), 'none', [event]);
    expect(ids(await tail.until(ids([event])))).toEqual(ids([...all, event]));
  });

  test('does not know a place that was read at the leader, from which a tail goes on all the same', async () => {
    const log = await openThere();
    const [other, event] = [await open({ url: leader.url }), noted()];
    await other.append(freshStream(), 'none', [event]);
    expect(ids(eventsOf(await tailed(log, last, 1)))).toEqual(ids([event]));
  });

  const reads: readonly [string, (log: EventLog, wanted: readonly string[]) => Promise<unknown>][] = [
    ['tailed', (log, wanted) => tailing(log).until(wanted)],
    ['read in pages', (log) => readToEnd(log, 100)],
  ];
  test.each(reads)('and comes to lead does not make the log end before what was %s', async (_, read) => {
    const log = await open({ url: `kurrentdb://127.0.0.1:${leader.port},127.0.0.1:${lagging.port}?tls=false` });
    const [other, event] = [await open({ url: leader.url }), noted()];
    const { position } = await other.append(freshStream(), 'none', [event]);
    await read(log, ids([event]));
    await leader.kill();
    await lagging.lead();
    expect([await log.head(), await log.end()]).toEqual([position, position]);
  });
});
