/** A log that was lost is not begun anew in silence. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { rmSync, writeFileSync } from 'node:fs';
import { domain } from '../src/domain.js';
import { loadConfig } from '../src/config.js';
import { openEmbeddedLog } from '../src/log/embedded.js';
import { LogUnavailable } from '../src/log/port.js';
import { CommandHandler } from '../src/command-handling/command-handler.js';
import { Projector } from '../src/projector/projector.js';
import { openRuntime } from '../src/runtime.js';
import { RegisterLead } from '../src/sales/lead.js';
import { openEmbeddedViewReader, openEmbeddedViewWriter } from '../src/views/embedded.js';
import { temporaryFolder, type Folder } from './support/folder.js';
import { startKurrentServer } from './support/engines/kurrent.js';

describe('a data folder whose log was lost', () => {
  let folder: Folder;

  beforeEach(async () => {
    folder = temporaryFolder();
    const log = openEmbeddedLog({ file: folder.events });
    await new CommandHandler({ log, definitions: domain.definitions }).execute(RegisterLead({ name: 'Ana' }), { actor: 'ana' });
    const views = await openEmbeddedViewWriter({ file: folder.views });
    const reader = await openEmbeddedViewReader({ file: folder.views, threads: 0 });
    await new Projector({ log, views, reader, projections: domain.projections }).catchUp();
    await reader.close();
    await views.close();
    await log.close();
  });

  afterEach(() => folder.remove());

  const open = () => openRuntime(loadConfig({}, { dataDir: folder.path, readerThreads: 0 }), { onRefusal: () => undefined });

  // The driver keeps a closed file's locks until it is collected: another file in its place has none.
  const remove = (): void => ['', '-wal', '-shm'].forEach((part) => rmSync(`${folder.events}${part}`, { force: true }));

  it.each([
    ['that is gone', remove],
    [
      'that was cut off to nothing',
      () => {
        remove();
        writeFileSync(folder.events, '');
      },
    ],
  ])('is refused with a log %s, and says what to do', async (_, lose) => {
    lose();
    await expect(open()).rejects.toThrow(LogUnavailable);
    await expect(open()).rejects.toThrow('reached position 1: it was lost or truncated. Restore events.db from a backup');
  });

  it('is refused with an empty log on a server too, which says what to look at there', async () => {
    const server = await startKurrentServer({ others: false });
    const settings = { dataDir: folder.path, readerThreads: 0, logUrl: server.url, logPrefix: 'crm.' };
    const opening = openRuntime(loadConfig({}, settings), { onRefusal: () => undefined });
    await expect(opening).rejects.toThrow(LogUnavailable);
    await expect(opening).rejects.toThrow(
      `The event log kurrentdb://127.0.0.1:${server.port} has no events under the prefix "crm.", but its read models were built from a log ` +
        'that reached position 1. Check its address and DAYBOOK_LOG_PREFIX, or restore the server from a backup;',
    );
    await server.dispose();
  });

  it('opens while the log is there', async () => {
    await (await open()).close();
  });
});
