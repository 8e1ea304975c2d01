/** What people are told when MongoDB can't be reached or refuses, and what they are never told: the connection string, a driver's message. */
import { afterAll, describe, expect, jest, test } from '@jest/globals';
import { MongoServerError } from 'mongodb';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import type { Build } from '../../src/views/port/builds.js';
import { DocumentRefused } from '../../src/views/port/errors.js';
import { ViewsUnavailable } from '../../src/views/port/query-errors.js';
import { attempt, readModels } from '../../src/views/mongo/connection.js';
import { openMongoViewReader, openMongoViewWriter } from '../../src/views/mongo.js';
import { change, commitOf, deals } from '../conformance/views/deals.js';
import { dropDatabase } from '../support/engines/mongo-database.js';
import { mongoForTests } from '../support/engines/secantus.js';

jest.setTimeout(120_000);

const build: Build = { model: deals, number: 1 };
const SECRET = 'hunter2';

async function refusal(work: Promise<unknown>): Promise<Error> {
  const error = await work.then(
    () => new Error('It was not refused.'),
    (reason: unknown) => reason as Error,
  );
  expect(error).toBeInstanceOf(ViewsUnavailable);
  expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(SECRET);
  return error;
}

describe('views on MongoDB', () => {
  test('a connection string that is none is refused in words that do not repeat it', async () => {
    for (const url of [
      '',
      'mongodb://',
      `mongodb://me:${SECRET}@host:port/`,
      `mongodb://me:${SECRET}@h/?nonsense=1`,
      `postgres://me:${SECRET}@h/`,
    ]) {
      expect((await refusal(openMongoViewReader({ url }))).message).toMatch(/connection string .*mongodb:\/\//);
    }
  });

  test('a server that is not there, and one that accepts and stays silent, are told of, by host and database alone', async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => sockets.push(socket));
    await new Promise<void>((resolve) => {
      silent.listen(0, '127.0.0.1', () => resolve());
    });
    const { port } = silent.address() as AddressInfo;
    try {
      const [gone, mute] = await Promise.all([
        refusal(openMongoViewWriter({ url: `mongodb://me:${SECRET}@127.0.0.1:1/crm` })),
        refusal(openMongoViewReader({ url: `mongodb://me:${SECRET}@127.0.0.1:${port}` })),
      ]);
      expect(gone.message).toMatch(/can't be reached .*\(crm on 127\.0\.0\.1:1\).*Check/);
      expect(mute.message).toMatch(new RegExp(`daybook on 127\\.0\\.0\\.1:${port}`));
    } finally {
      for (const socket of sockets) socket.destroy();
      silent.close();
    }
  });

  test('what the server refuses is told by the name of the error, not by its message, which may hold documents', async () => {
    const refused = (answer: object) =>
      refusal(attempt({ subject: readModels, place: 'crm on h:1' }, () => Promise.reject(new MongoServerError(answer))));
    const full = await refused({ message: `no room for { name: "${SECRET}" }`, code: 14_031, codeName: 'OutOfDiskSpace' });
    expect(full.message).toMatch(/crm on h:1.*OutOfDiskSpace/);
    const user = await refused({ message: `user ${SECRET} is not allowed`, code: 18, codeName: 'AuthenticationFailed' });
    expect(user.message).toMatch(/refuses the user.*dbOwner/);
  });
});

const server = await mongoForTests();
afterAll(async () => server?.stop());

(server ? describe : describe.skip)('views on MongoDB, once open', () => {
  test('after closing, every call is refused, and who waits is told', async () => {
    const url = server!.url();
    const writer = await openMongoViewWriter({ url });
    await writer.begin(deals);
    const reader = await openMongoViewReader({ url });
    const waiting = refusal(reader.waitFor(build, 100, 60_000));
    await sleep(50);
    await reader.close();
    await waiting;
    await writer.close();
    for (const work of [
      () => reader.get(build, ['a']),
      () => reader.position(build),
      () => writer.builds(),
      () => writer.load(build, ['a']),
    ]) {
      await refusal(work());
    }
    await dropDatabase(url);
  });

  test.each([
    ['in the bytes of its text', '€'.repeat(6_000_000)],
    ['with the words that are kept to find it', 'x'.repeat(8_000_000)],
  ])('a document that is too large %s is refused by name before anything is written', async (_, text) => {
    const url = server!.url();
    const [writer, reader] = await Promise.all([openMongoViewWriter({ url }), openMongoViewReader({ url })]);
    try {
      await writer.begin(deals);
      const [lease] = await writer.leases.acquire(['deals'], 'one', 60_000);
      const late = writer.commit([commitOf(lease!, 0, 2, change('a', 1, {}), change('b', 2, { tags: [text] }))]);
      await expect(late).rejects.toThrow(DocumentRefused);
      await expect(late).rejects.toMatchObject({ key: 'b', position: 2 });
      expect(await reader.get(build, ['a'])).toEqual([null]);
    } finally {
      await Promise.all([writer.close(), reader.close()]);
      await dropDatabase(url);
    }
  });

  test('values of any form stay values: none becomes an operator', async () => {
    const url = server!.url();
    const [writer, reader] = await Promise.all([openMongoViewWriter({ url }), openMongoViewReader({ url })]);
    try {
      await writer.begin(deals);
      const [lease] = await writer.leases.acquire(['deals'], '$$NOW', 60_000);
      expect(lease).toMatchObject({ holder: '$$NOW', token: 1 });
      const names = ['$where', '$$ROOT', '{ "$gt": "" }', '.*', 'a.b', '$name'];
      await writer.commit([commitOf(lease!, 0, names.length, ...names.map((name, index) => change(`$k${index}.x`, index + 1, { name })))]);
      for (const [index, name] of names.entries()) {
        for (const op of ['eq', 'contains', 'startsWith', 'agree'] as const) {
          const { json } = await reader.list(build, { orderBy: [], first: 10, where: { kind: 'is', column: 'name', op, value: name } });
          expect((JSON.parse(json) as readonly { readonly key: string }[]).map(({ key }) => key)).toEqual([`$k${index}.x`]);
        }
        expect(await writer.find(build, 'name', name)).toEqual([`$k${index}.x`]);
      }
      const operator = { $gt: '' } as unknown as string;
      await expect(reader.count(build, { where: { kind: 'is', column: 'name', op: 'eq', value: operator } })).rejects.toThrow(TypeError);
      await expect(reader.count(build, { where: { kind: 'in', column: 'name', values: [operator] } })).rejects.toThrow(TypeError);
    } finally {
      await Promise.all([writer.close(), reader.close()]);
      await dropDatabase(url);
    }
  });
});
