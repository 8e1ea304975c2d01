/** A sealed log over the embedded one, with its keys in the same folder. */
import { join } from 'node:path';
import { domain } from '../../src/domain.js';
import { openEmbeddedKeyStore } from '../../src/keys/embedded.js';
import { openKeyring } from '../../src/keys/keyring.js';
import { masterKeyInFile } from '../../src/keys/master-source.js';
import type { KeyStore } from '../../src/keys/port.js';
import { openEmbeddedLog } from '../../src/log/embedded.js';
import type { EventLog } from '../../src/log/port.js';
import { openSealedLog } from '../../src/sealing/open.js';
import type { SealedLog } from '../../src/sealing/sealed-log.js';

interface SealedLogOptions {
  /** What is sealed; the log in the folder's file unless given. */
  readonly log?: EventLog;
  readonly readOnly?: boolean;
  /** The folder of the keys; `keys` in the folder unless given. */
  readonly keys?: string;
  /** Stands before the key store, which is as it is unless given. */
  readonly before?: (store: KeyStore) => KeyStore;
  readonly knows?: Parameters<typeof openSealedLog>[0]['domain'];
}

export async function sealedLogIn(folder: string, options: SealedLogOptions = {}): Promise<SealedLog> {
  const { readOnly = false, keys = join(folder, 'keys'), before = (store) => store, knows = domain } = options;
  return openSealedLog({
    log: options.log ?? openEmbeddedLog({ file: join(folder, 'events.db'), readOnly }),
    domain: knows,
    readOnly,
    openKeys: async ({ logId, create }) =>
      openKeyring({
        store: before(await openEmbeddedKeyStore({ file: join(keys, 'keys.db'), create })),
        master: masterKeyInFile(join(keys, 'master.key')),
        logId,
        create,
      }),
  });
}
