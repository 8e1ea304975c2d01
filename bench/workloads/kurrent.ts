/** The log on EventStoreDB or KurrentDB, compared with the client alone. */
import { isCommandError } from '@kurrent/kurrentdb-client';
import { BareClient } from '../kurrent/bare.js';
import type { Bench } from '../kurrent/bench.js';
import { freshPlace, openToRead } from '../kurrent/place.js';
import type { Book } from '../book.js';
import type { Setting } from '../setting.js';
import { LogUnavailable } from '../../src/log/port.js';
import { registrations } from './kurrent-commands.js';
import { loads } from './kurrent-loads.js';
import { portReads } from './kurrent-reads.js';

/** @throws LogUnavailable when the server can't be reached, or is lost */
export async function kurrent(url: string, setting: Setting, book: Book, wanted: (...keys: readonly string[]) => boolean): Promise<void> {
  // Reports problems with the connection string; the client alone would wait, or show the password.
  await (await openToRead(freshPlace(url))).close();
  const bench: Bench = { setting, book, url, bare: new BareClient(url), wanted };
  try {
    if (wanted('kurrent_read', 'kurrent_head', 'kurrent_end')) await portReads(bench);
    if (wanted('kurrent_one', 'kurrent_c64')) await registrations(bench);
    if (wanted('kurrent_import', 'kurrent_history', 'kurrent_demo', 'kurrent_migrate')) await loads(bench);
  } catch (failure) {
    if (!(failure instanceof Error && isCommandError(failure))) throw failure;
    throw new LogUnavailable(`The event log's server failed for the client alone: ${failure.message}`, { cause: failure });
  } finally {
    await bench.bare.close();
  }
}
