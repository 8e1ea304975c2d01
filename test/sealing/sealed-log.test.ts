/** The log as the program sees it: what is personal is encrypted below it, and gone after an erasure. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { cpSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { CommandHandler } from '../../src/command-handling/command-handler.js';
import { domain } from '../../src/domain.js';
import type { RecordedEvent } from '../../src/kernel/event.js';
import { openEmbeddedKeyStore } from '../../src/keys/embedded.js';
import { KeysUnavailable, type KeyStore } from '../../src/keys/port.js';
import { openEmbeddedLog } from '../../src/log/embedded.js';
import { LogUnavailable, type EventLog } from '../../src/log/port.js';
import { EraseContact, RegisterContact, ReviseContact } from '../../src/parties/contact.js';
import { InvalidSeal } from '../../src/sealing/cipher.js';
import type { SealedLog } from '../../src/sealing/sealed-log.js';
import { overriding } from '../support/overriding.js';
import { folderPerTest } from '../support/folder.js';
import { sealedLogIn } from '../support/sealed-log.js';
import { until } from '../support/until.js';

const folder = folderPerTest();
const opened: SealedLog[] = [];
afterEach(async () => {
  for (const log of opened.splice(0)) await log.close();
});

async function open(options: Parameters<typeof sealedLogIn>[1] = {}): Promise<SealedLog> {
  const log = await sealedLogIn(folder.path, options);
  opened.push(log);
  return log;
}

const close = async (): Promise<void> => {
  for (const log of opened.splice(0)) await log.close();
};

const handlerOf = (log: SealedLog): CommandHandler =>
  new CommandHandler({
    log,
    definitions: domain.definitions,
    isSameCommand: (...asked) => log.isSameCommand(...asked),
  });

const CANARY = 'Zarathustra';
const by = { actor: 'ana' };

/** A contact with the canary in each text, revised once. */
async function person(log: SealedLog, id = 'c1'): Promise<CommandHandler> {
  const handler = handlerOf(log);
  await handler.execute(
    RegisterContact({ id, name: `${CANARY} One`, tags: [`${CANARY}-tag`], email: `${CANARY}@example.com`, birthDate: '1990-02-01' }),
    by,
  );
  await handler.execute(ReviseContact({ id, jobRole: `${CANARY} smith`, email: null }), by);
  return handler;
}

/** Everything in a folder, byte by byte. */
function bytesIn(path: string): string {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1'))
    .join('\n');
}

const contact = (id = 'c1') => ({ type: 'contact', id });
const erase = (id = 'c1') => EraseContact({ id, ground: 'request' });

async function failureOf(work: () => Promise<unknown>): Promise<Error> {
  try {
    await work();
  } catch (error) {
    return error as Error;
  }
  throw new Error('It did not fail.');
}

describe('The sealed log', () => {
  test('gives back what was written, of which the files hold nothing in the clear', async () => {
    const log = await open();
    await person(log);
    const [registered, revised] = await log.readStream(contact());
    expect(registered?.data).toMatchObject({ name: `${CANARY} One`, tags: [`${CANARY}-tag`], birthDate: '1990-02-01', languages: [] });
    expect(revised?.data).toEqual({ jobRole: `${CANARY} smith`, email: null });
    expect(registered?.withheld).toBeUndefined();
    await close();
    expect(bytesIn(folder.path)).not.toContain(CANARY);
    expect(bytesIn(folder.path)).not.toContain('1990-02-01');
  });

  test('opens what another process sealed, with one key for each stream', async () => {
    const [log, other] = [await open(), await open()];
    await person(log);
    await person(other, 'c2');
    await handlerOf(other).execute(ReviseContact({ id: 'c1', jobRole: 'welder' }), by);
    const { events } = await log.readAll(0, 100);
    const keys = events.map(({ stream, sealed }) => `${stream.id} ${sealed?.[0]?.k}`);
    expect(new Set(keys).size).toBe(2);
    expect(events.at(-1)?.data).toEqual({ jobRole: 'welder' });
  });

  test('withholds what was erased, at once and after a restart, and keeps who did what when', async () => {
    const log = await open();
    const handler = await person(log);
    await person(log, 'c2');
    await handler.execute(erase(), by);
    const look = async (at: SealedLog) => {
      const [registered, revised, erased] = await at.readStream(contact());
      expect(registered).toMatchObject({ withheld: 'erased', data: { name: null, tags: null, birthDate: null, languages: [] } });
      expect(registered?.metadata.actor).toBe('ana');
      expect(revised).toMatchObject({ withheld: 'erased', data: { email: null } });
      expect(erased?.type).toBe('ContactErased');
      expect((await at.readStream(contact('c2')))[0]?.data).toMatchObject({ name: `${CANARY} One` });
    };
    await look(log);
    await close();
    await look(await open());
    await close();
    await look(await open({ readOnly: true }));
  });

  test('refuses to change what was erased, and takes a repeated command by its id', async () => {
    const log = await open();
    const handler = handlerOf(log);
    const commandId = randomUUID();
    const register = (name: string) => RegisterContact({ id: 'c1', commandId, name });
    await handler.execute(register('Ana'), by);
    await expect(handler.execute(register('Ana'), by)).resolves.toMatchObject({ repeated: true });
    await expect(handler.execute(register('Bo'), by)).rejects.toMatchObject({ code: 'COMMAND_ID_REUSED' });
    await handler.execute(erase(), by);
    await expect(handler.execute(erase(), by)).resolves.toMatchObject({ appended: 0 });
    await expect(handler.execute(ReviseContact({ id: 'c1', jobRole: 'smith' }), by)).rejects.toMatchObject({ code: 'CONTACT_ERASED' });
    for (const at of [handler, handlerOf(await open())]) {
      await expect(at.execute(register('Ana'), by)).resolves.toMatchObject({ repeated: true });
    }
  });

  test('says nothing of the input in the hash of a command', async () => {
    const log = await open();
    const handler = handlerOf(log);
    for (const id of ['c1', 'c2']) await handler.execute(RegisterContact({ id, name: 'Ana' }), by);
    await handler.execute(ReviseContact({ id: 'c1', jobRole: 'smith' }), by);
    await handler.execute(ReviseContact({ id: 'c2', jobRole: 'smith' }), by);
    const { events } = await log.readAll(0, 100);
    const [, , first, second] = events;
    expect(first?.metadata.commandHash).toMatch(/^[\da-f]{64}$/);
    expect(first?.metadata.commandHash).not.toBe(second?.metadata.commandHash);
  });

  test('applies an erasure whose process was stopped before it dropped the keys', async () => {
    const log = await open();
    await person(log);
    const [sealed] = await openRaw((raw) => raw.readStream(contact()));
    const k = sealed?.sealed?.[0]?.k ?? '';
    // The event alone, as a process leaves it that is killed right after the append.
    await openRaw((raw) =>
      raw.append(contact(), 1, [
        {
          id: randomUUID(),
          type: 'ContactErased',
          version: 1,
          data: { ground: 'request', keys: [k] },
          metadata: {
            commandId: 'x',
            commandHash: '0'.repeat(64),
            actor: 'ana',
            correlationId: 'x',
            causationId: 'x',
            occurredAt: '2026-01-01T00:00:00.000Z',
          },
        },
      ]),
    );
    await close();
    const again = await open();
    expect((await again.readStream(contact()))[0]).toMatchObject({ withheld: 'erased', data: { name: null } });
  });

  describe('drops the keys of an erasure that is sent again', () => {
    async function expectDropped(options: Parameters<typeof sealedLogIn>[1], mended: () => void): Promise<void> {
      const log = await open(options);
      const handler = await person(log);
      const command = EraseContact({ id: 'c1', ground: 'request', commandId: randomUUID() });
      await expect(handler.execute(command, by)).rejects.toThrow('out of order');
      expect((await log.readStream(contact()))[0]).toMatchObject({ withheld: 'erased', data: { name: null } });
      mended();
      await expect(handler.execute(command, by)).resolves.toMatchObject({ repeated: true });
      const { keys } = (await log.readStream(contact())).at(-1)?.data as { readonly keys: readonly string[] };
      expect(keys).toHaveLength(1);
      const store = await openEmbeddedKeyStore({ file: join(folder.path, 'keys/keys.db'), create: false });
      try {
        await until(
          () => store.find(keys),
          (found) => found.length === 0,
        );
      } finally {
        await store.close();
      }
    }

    test('since the key store had failed', async () => {
      let fails = true;
      const before = (store: KeyStore): KeyStore =>
        overriding(store, {
          drop: async (ids) => {
            if (fails) throw new KeysUnavailable('The disk is out of order.');
            await store.drop(ids);
          },
        });
      await expectDropped({ before }, () => {
        fails = false;
      });
    });

    test('since its answer was lost', async () => {
      const raw = openEmbeddedLog({ file: folder.events });
      const log = overriding<EventLog>(raw, {
        append: async (stream, expected, events) => {
          const appended = await raw.append(stream, expected, events);
          if (events.some(({ type }) => type === 'ContactErased')) throw new LogUnavailable('The line is out of order.');
          return appended;
        },
      });
      await expectDropped({ log }, () => undefined);
    });
  });

  test('erases again what an older key store that was put back would open', async () => {
    await person(await open());
    await close();
    cpSync(join(folder.path, 'keys'), join(folder.path, 'older'), { recursive: true });
    await handlerOf(await open()).execute(erase(), by);
    await close();
    rmSync(join(folder.path, 'keys'), { recursive: true });
    cpSync(join(folder.path, 'older'), join(folder.path, 'keys'), { recursive: true });
    expect((await (await open()).readStream(contact()))[0]).toMatchObject({ withheld: 'erased' });
    await close();
    rmSync(join(folder.path, 'older'), { recursive: true });
    expect((await openRaw((raw) => raw.readStream(contact())))[0]?.sealed).toHaveLength(1);
  });

  test('names the stream whose key is missing though nothing erased it', async () => {
    await person(await open());
    await close();
    cpSync(join(folder.path, 'keys'), join(folder.path, 'older'), { recursive: true });
    const log = await open();
    for (let index = 0; index < 300; index++) await handlerOf(log).execute(RegisterContact({ id: `late-${index}`, name: 'Ana' }), by);
    await close();
    expect(await failureOf(() => open({ keys: join(folder.path, 'older') }))).toMatchObject({
      name: 'KeysUnavailable',
      message: expect.stringMatching(/^The key of contact-late-\d+ is not in the key store/),
    });
  });

  test('refuses the keys of another log, none at all, and a lost log', async () => {
    await person(await open());
    await close();
    rmSync(folder.events, { force: true });
    expect(await failureOf(() => open())).toMatchObject({ message: expect.stringContaining('The event log is empty') });
    await openRaw(() => Promise.resolve());
    await person(await open({ keys: join(folder.path, 'other') }));
    await close();
    expect(await failureOf(() => open())).toMatchObject({ message: expect.stringContaining('belongs to another log') });
    expect(await failureOf(() => open({ keys: join(folder.path, 'nowhere') }))).toBeInstanceOf(KeysUnavailable);
  });

  test('takes the first of two who begin a stream at the same time, and seals under one key', async () => {
    const [log, other] = [await open(), await open()];
    const command = (name: string) => RegisterContact({ id: 'c1', name });
    const outcomes = await Promise.allSettled([handlerOf(log).execute(command('Ana'), by), handlerOf(other).execute(command('Bo'), by)]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await handlerOf(other).execute(ReviseContact({ id: 'c1', jobRole: 'smith' }), by);
    const events = await log.readStream(contact());
    expect(new Set(events.map(({ sealed }) => sealed?.[0]?.k)).size).toBe(1);
  });

  describe('a sealed part that was tampered with', () => {
    /** Changes the sealed part of the first event as it is read. */
    async function reading(change: (events: readonly RecordedEvent[]) => RecordedEvent): Promise<unknown> {
      await person(await open());
      await close();
      const raw = openEmbeddedLog({ file: folder.events });
      const log = await open({
        log: overriding<EventLog>(raw, { readStream: async () => [change(await raw.readStream(contact()))] }),
      });
      return (await log.readStream(contact()))[0]?.data;
    }
    const part = ([event]: readonly RecordedEvent[]) => Buffer.from(event?.sealed?.[0]?.v ?? []);
    const withPart = ([event]: readonly RecordedEvent[], v: Uint8Array): RecordedEvent => {
      if (!event) throw new Error('There is no event.');
      return { ...event, sealed: [{ k: event.sealed?.[0]?.k ?? '', v }] };
    };

    test.each<[string, (events: readonly RecordedEvent[]) => RecordedEvent, string]>([
      ['is cut', (events) => withPart(events, part(events).subarray(0, 20)), 'is cut off'],
      ['lost its end', (events) => withPart(events, part(events).subarray(0, -1)), 'was changed'],
      [
        'has another byte',
        (events) =>
          withPart(
            events,
            part(events).map((byte, at) => (at === 20 ? byte ^ 1 : byte)),
          ),
        'was changed',
      ],
      [
        'is of another format',
        (events) =>
          withPart(
            events,
            part(events).map((byte, at) => (at === 0 ? 2 : byte)),
          ),
        'has format 2',
      ],
      ['was moved from another event', ([first, second]) => ({ ...first!, sealed: second!.sealed! }), 'belongs to another event'],
    ])('that %s is refused', async (_, change, problem) => {
      const failure = await failureOf(() => reading(change));
      expect(failure).toBeInstanceOf(InvalidSeal);
      expect(failure.message).toContain(problem);
      expect(failure.message).toContain('contact c1');
    });
  });

  async function openRaw<T>(work: (log: ReturnType<typeof openEmbeddedLog>) => Promise<T>): Promise<T> {
    const raw = openEmbeddedLog({ file: folder.events });
    try {
      return await work(raw);
    } finally {
      await raw.close();
    }
  }
});
