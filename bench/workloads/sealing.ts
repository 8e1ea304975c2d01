/** Sealing: encrypting and opening a part, and a rebuild of a list with and without sealed fields. */
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import type { Book } from '../book.js';
import { mustEqual } from '../check.js';
import { inTurn, timed } from '../measure.js';
import { fresh, type Setting } from '../setting.js';
import { ContactRegistered, ContactRevised } from '../../contracts/parties/contact.js';
import { contacts } from '../../projections/parties/contacts.js';
import { loadConfig } from '../../src/config.js';
import { domain } from '../../src/domain.js';
import { openLog, openSealed, openViewReader, openViewWriter } from '../../src/engines.js';
import { derivedId, eventId } from '../../src/kernel/derived-id.js';
import type { EventLog, EventToAppend } from '../../src/log/port.js';
import { Projector } from '../../src/projector/projector.js';
import { open, seal } from '../../src/sealing/cipher.js';

const PARTS = 20_000;

/** 167 bytes of JSON. */
const VALUES = {
  name: 'Ana Popescu-Ionescu',
  email: 'ana.popescu-ionescu@example.com',
  phone: '+40 21 555 0100',
  jobRole: 'head of purchases',
  firstName: 'Ana-Maria',
  tags: ['vip'],
};

/** Durations in microseconds for each part, and events per second. */
export async function sealing(setting: Setting, book: Book, wanted: (...keys: readonly string[]) => boolean): Promise<void> {
  if (wanted('seal_append_us', 'seal_open_us')) {
    mustEqual('the size of the part', JSON.stringify(VALUES).length, 167);
    const runs = await inTurn(setting.runs, { both: sealAndOpen });
    book.note(
      'seal_append_us',
      runs.both.map(({ sealed }) => sealed),
    );
    book.note(
      'seal_open_us',
      runs.both.map(({ opened }) => opened),
    );
  }
  if (wanted('seal_rebuild_ev_s')) await rebuilds(setting, book);
}

async function sealAndOpen(): Promise<{ readonly sealed: number; readonly opened: number }> {
  const key = { k: randomBytes(12).toString('base64url'), key: randomBytes(32) };
  const events = Array.from({ length: PARTS }, (_, index) => {
    const id = derivedId('bench', 'sealed', String(index));
    return { id, stream: { type: 'contact', id }, type: ContactRegistered.type, version: ContactRegistered.version };
  });
  const sealed = await timed(() => events.map((event) => seal(VALUES, key, event)));
  const opened = await timed(() => sealed.result.map((part, index) => open(part, key.key, events[index] ?? raise())));
  mustEqual('what was opened', opened.result.at(-1), VALUES);
  return { sealed: (sealed.seconds * 1e6) / PARTS, opened: (opened.seconds * 1e6) / PARTS };
}

function raise(): never {
  throw new RangeError('There is no such event.');
}

/** The list of contacts, which opens what is sealed, from the same events with and without sealed fields. */
async function rebuilds(setting: Setting, book: Book): Promise<void> {
  const count = Math.max(1, Math.floor(setting.deals / 2));
  const [clear, sealed] = [fresh(setting, 'clear'), fresh(setting, 'sealed')];
  const [clearLog, sealedLog] = [await openLog({ dataDir: clear }), await openSealed({ dataDir: sealed }, domain)];
  for (const log of [clearLog, sealedLog]) await fill(log, count);
  const built = (log: EventLog) => async (): Promise<number> => {
    const dataDir = fresh(setting, 'views');
    const views = await openViewWriter({ dataDir });
    const reader = await openViewReader({ dataDir, readerThreads: 0 });
    const { projectionPage } = loadConfig({}, { dataDir });
    const { seconds } = await timed(() =>
      new Projector({ log, views, reader, projections: [contacts], pageSize: projectionPage }).catchUp(),
    );
    await reader.close();
    await views.close();
    rmSync(dataDir, { recursive: true });
    return (2 * count) / seconds;
  };
  const { ours, limit } = await inTurn(setting.runs, { ours: built(sealedLog), limit: built(clearLog) }, { warmUp: false });
  book.note('seal_rebuild_ev_s', ours, limit);
  await clearLog.close();
  await sealedLog.close();
}

/** Contacts that are registered and revised once. */
async function fill(log: EventLog, count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    const id = derivedId('bench', 'contact', String(index));
    const { name, email, phone, jobRole, firstName, tags } = VALUES;
    const registered = ContactRegistered({
      ...{ name, email, phone, jobRole, firstName, tags, ownerId: 'bench' },
      ...{ salutation: null, lastName: null, languages: [], birthDate: null, accountId: null },
    });
    const events = [registered, ContactRevised({ jobRole: 'buyer' })].map((event, at): EventToAppend => {
      const metadata = { commandId: id, commandHash: '0'.repeat(64), actor: 'bench', correlationId: id, causationId: id };
      return { ...event, id: eventId(id, at), metadata: { ...metadata, occurredAt: '2026-01-01T00:00:00.000Z' } };
    });
    await log.append({ type: 'contact', id }, 'none', events);
  }
}
