/** The server for tests answers as the real ones do: what they answered is in ../shared/data/eventstoredb, the rest is what their source says. */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import {
  END,
  jsonEvent,
  KurrentDBClient,
  NO_STREAM,
  START,
  STREAM_EXISTS,
  type AppendStreamRequest,
  type JSONEventType,
} from '@kurrent/kurrentdb-client';
import { credentials } from '@grpc/grpc-js';
import featuresGrpc from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/serverfeatures_grpc_pb.js';
import type featuresPb from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/serverfeatures_pb.js';
import sharedPb from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/shared_pb.js';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { newAuthority, type Authority } from '../support/engines/certificates.js';
import { startKurrentServer, type KurrentServer } from '../support/engines/kurrent.js';

const project = join(import.meta.dirname, '../..');

// The tool waits for a subscription to be quiet, 175 times.
jest.setTimeout(240_000);

let older: KurrentServer;
let newer: KurrentServer;
const clients: KurrentDBClient[] = [];
beforeAll(async () => {
  [older, newer] = await Promise.all([startKurrentServer({ like: '23.10' }), startKurrentServer({ like: '26.1' })]);
});
afterAll(async () => {
  await Promise.all(clients.map((client) => client.dispose()));
  await Promise.all([older, newer].map((server) => server.dispose()));
});

function connected({ url }: KurrentServer): KurrentDBClient {
  const client = KurrentDBClient.connectionString(url);
  clients.push(client);
  return client;
}

/** What the tool says of a server in comparison with what a real one answered. */
async function comparison({ url }: KurrentServer, version: string): Promise<string> {
  const answers = join(project, `../shared/data/eventstoredb/answers-${version}.json`);
  const tool = spawn(process.execPath, [join(project, '../shared/tools/server-answers.mjs'), 'check', url, answers], {
    cwd: project,
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said] = await Promise.all([text(tool.stdout), once(tool, 'exit')]);
  return said;
}

test('each version answers what the real one of that version answered', async () => {
  const said = await Promise.all([comparison(older, '23.10.8'), comparison(newer, '26.1.0')]);
  expect(said).toEqual(['175 cases, 0 answers differ\n', '175 cases, 0 answers differ\n']);
});

describe('an append to several streams at once', () => {
  const names = (count: number) => Array.from({ length: count }, () => `session-${randomUUID()}`);
  const events = (count: number, data: Record<string, unknown> = {}) =>
    Array.from({ length: count }, (_, n) =>
      jsonEvent({ id: randomUUID(), type: 'Noted', data: { n, ...data }, metadata: { from: '<test>' } }),
    );
  const request = (
    streamName: string,
    expectedState: AppendStreamRequest['expectedState'],
    some: AppendStreamRequest['events'],
  ): AppendStreamRequest => ({ streamName, expectedState, events: some });

  async function streamOf(client: KurrentDBClient, name: string): Promise<JSONEventType[]> {
    const read: JSONEventType[] = [];
    for await (const { event } of client.readStream(name)) read.push(event as unknown as JSONEventType);
    return read;
  }

  test('is not there in the older version', async () => {
    const client = connected(older);
    await expect(client.multiStreamAppend([request('a', 'any', events(1))])).rejects.toMatchObject({ type: 'unsupported' });
  });

  test('writes all in the order of the requests, and once although it is asked for twice', async () => {
    const client = connected(newer);
    const [a, b] = names(2) as [string, string];
    await client.appendToStream(b, events(2));
    const requests = [request(a, NO_STREAM, events(2)), request(b, 1n, events(1))];
    const first = await client.multiStreamAppend(requests);
    expect(first.responses).toEqual([
      { streamName: a, revision: 1n },
      { streamName: b, revision: 2n },
    ]);
    expect(await client.multiStreamAppend(requests)).toEqual(first);
    const all = [];
    for await (const { event } of client.readAll({ direction: 'backwards', fromPosition: END, maxCount: 3 })) all.push(event?.streamId);
    expect(all).toEqual([b, a, a]);
    const [stored] = await streamOf(client, a);
    expect(JSON.stringify((stored as unknown as { metadata: unknown }).metadata)).toBe(
      '{"from":"<test>","$schema.name":"Noted","$schema.format":"Json"}',
    );
    let last: bigint | undefined;
    for await (const { event } of client.readStream(b, { fromRevision: 2n })) last = event?.position?.commit;
    expect(last).toBe(first.position);
  });

  test('writes nothing when a stream stands elsewhere, or only some of it is there', async () => {
    const client = connected(newer);
    const [a, b, c] = names(3) as [string, string, string];
    const there = events(1);
    await client.appendToStream(a, there);
    await expect(client.multiStreamAppend([request(b, NO_STREAM, events(1)), request(a, 4n, events(1))])).rejects.toMatchObject({
      type: 'wrong-expected-version',
      streamName: a,
      actualState: 0n,
    });
    await expect(client.multiStreamAppend([request(c, STREAM_EXISTS, events(1))])).rejects.toMatchObject({
      type: 'wrong-expected-version',
    });
    await expect(client.multiStreamAppend([request(a, NO_STREAM, there), request(b, NO_STREAM, events(1))])).rejects.toMatchObject({
      type: 'wrong-expected-version',
      streamName: a,
    });
    await expect(streamOf(client, b)).rejects.toMatchObject({ type: 'stream-not-found' });
  });

  test('is refused for a stream that is gone for good, twice the same stream, none, and too much', async () => {
    const client = connected(newer);
    const [gone, twice, large] = names(3) as [string, string, string];
    await client.appendToStream(gone, events(1));
    await client.tombstoneStream(gone);
    await expect(client.multiStreamAppend([request(gone, 'any', events(1))])).rejects.toMatchObject({ type: 'stream-tombstoned' });
    const error = await client
      .multiStreamAppend([request(twice, NO_STREAM, events(1)), request(twice, 0n, events(1))])
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 10, message: expect.stringContaining('already in this session') });
    await expect(client.multiStreamAppend([])).rejects.toMatchObject({ code: 9 });
    await newer.faults({ maxAppendSize: 1000 });
    await expect(client.multiStreamAppend([request(large, 'any', events(1, { x: 'x'.repeat(2000) }))])).rejects.toMatchObject({
      type: 'transaction-max-size-exceeded',
    });
    await newer.faults({ maxAppendSize: 268_435_456, maxRecordSize: 1000 });
    await expect(client.multiStreamAppend([request(large, 'any', events(1, { x: 'x'.repeat(2000) }))])).rejects.toMatchObject({
      type: 'append-record-size-exceeded',
    });
    await newer.faults({ maxRecordSize: 16_777_216 });
  });

  test('of records one by one may be conditional on other streams, and begins a deleted stream again', async () => {
    const client = connected(newer);
    const [a, b, c] = names(3) as [string, string, string];
    await client.appendToStream(c, events(2));
    const records = [a, b, a].map((streamName) => ({ streamName, record: events(1)[0]! }));
    const checks = [{ type: 'stream_state' as const, streamName: c, expectedState: 1n }];
    const { responses } = await client.appendRecords(records, checks);
    expect(responses).toEqual([
      { streamName: a, revision: 1n },
      { streamName: b, revision: 0n },
    ]);
    await client.appendToStream(c, events(1));
    await expect(client.appendRecords([{ streamName: a, record: events(1)[0]! }], checks)).rejects.toMatchObject({
      type: 'append-consistency-violation',
    });
    await client.deleteStream(a);
    await client.multiStreamAppend([request(a, NO_STREAM, events(1)), request(b, 0n, events(1))]);
    expect((await streamOf(client, a)).map((event) => (event as unknown as { revision: bigint }).revision)).toEqual([2n]);
  });

  test('is refused where another node leads', async () => {
    const client = connected(newer);
    await newer.faults({ leader: { host: '127.0.0.1', port: 1 } });
    await expect(client.multiStreamAppend([request(names(1)[0]!, 'any', events(1))])).rejects.toMatchObject({ code: 9 });
    await newer.faults({ leader: null });
  });
});

describe('what a server says of itself', () => {
  /** Its version, and the features of each method by its name. */
  async function toldBy({
    port,
  }: KurrentServer): Promise<{ readonly version: string; readonly methods: Readonly<Record<string, string[]>> }> {
    const client = new featuresGrpc.ServerFeaturesClient(`127.0.0.1:${port}`, credentials.createInsecure());
    const told = await new Promise<featuresPb.SupportedMethods>((resolve, reject) => {
      client.getSupportedMethods(new sharedPb.Empty(), (error, methods) => (error ? reject(error) : resolve(methods)));
    });
    client.close();
    const methods = told
      .getMethodsList()
      .map((method) => [`${method.getServiceName()}/${method.getMethodName()}`, method.getFeaturesList()]);
    return { version: told.getEventStoreServerVersion(), methods: Object.fromEntries(methods) as Record<string, string[]> };
  }

  test('is its version, unless another is ordered, and what it can do', async () => {
    const plain = await startKurrentServer({ version: '22.10.3', without: ['batchappend', 'read:events'] });
    try {
      const streams = 'event_store.client.streams.streams';
      const sessions = 'kurrentdb.protocol.v2.streams.streamsservice/appendsession';
      const [old, new_, bare] = await Promise.all([older, newer, plain].map(toldBy));
      expect([old?.version, new_?.version, bare?.version]).toEqual(['23.10.8', '26.1.0', '22.10.3']);
      expect(old?.methods).toMatchObject({
        [`${streams}/read`]: ['position', 'events'],
        [`${streams}/batchappend`]: ['deadline_duration'],
      });
      expect(old?.methods).not.toHaveProperty([sessions]);
      expect(new_?.methods).toMatchObject({ [`${streams}/read`]: ['position', 'events'], [sessions]: [] });
      expect(bare?.methods).toMatchObject({ [`${streams}/read`]: ['position'] });
      expect(bare?.methods).not.toHaveProperty([`${streams}/batchappend`]);
    } finally {
      await plain.dispose();
    }
  });

  test('is, with "caught up", where and when, if it is a newer one', async () => {
    const [seen, unseen] = await Promise.all(
      [newer, older].map(async (server) => {
        const client = connected(server);
        const name = `told-${randomUUID()}`;
        await client.appendToStream(name, [jsonEvent({ type: 'Noted', data: {} })]);
        const subscription = client.subscribeToStream(name, { fromRevision: START });
        const [told] = (await once(subscription, 'caughtUp')) as [unknown];
        await subscription.unsubscribe();
        return told;
      }),
    );
    expect(seen).toMatchObject({ date: expect.any(Date), revision: 0n });
    expect(unseen).not.toHaveProperty('revision');
  });
});

describe('an encrypted server', () => {
  let authority: Authority;
  let stranger: Authority;
  beforeAll(async () => {
    [authority, stranger] = await Promise.all([newAuthority(), newAuthority()]);
  });
  afterAll(() => {
    authority.dispose();
    stranger.dispose();
  });

  /** Appends an event and reads it again. */
  async function used(url: string): Promise<number> {
    const client = KurrentDBClient.connectionString(`${url}&maxDiscoverAttempts=2&discoveryInterval=10`);
    clients.push(client);
    const name = `encrypted-${randomUUID()}`;
    await client.appendToStream(name, [jsonEvent({ type: 'Noted', data: {} })]);
    let count = 0;
    for await (const { event } of client.readStream(name)) count += event ? 1 : 0;
    return count;
  }

  test('is served to who trusts its authority, and to nobody else', async () => {
    const server = await startKurrentServer({ tls: await authority.certify('127.0.0.1'), others: false });
    try {
      expect(await used(`${server.url}&tlsCaFile=${authority.file}`)).toBe(1);
      await expect(used(server.url)).rejects.toThrow();
      await expect(used(`${server.url}&tlsCaFile=${stranger.file}`)).rejects.toThrow();
    } finally {
      await server.dispose();
    }
  });

  test('with a certificate for another host, and a plain one that is taken for encrypted, are refused', async () => {
    const server = await startKurrentServer({ tls: await authority.certify('daybook.example'), others: false });
    try {
      await expect(used(`${server.url}&tlsCaFile=${authority.file}`)).rejects.toThrow();
      await expect(used(`${older.url.replace('tls=false', 'tls=true')}&tlsCaFile=${authority.file}`)).rejects.toThrow();
    } finally {
      await server.dispose();
    }
  });
});
