/** Opens a log together with the keys of its sealed fields, and applies the erasures that the keys do not know yet. */
import type { Domain } from '../domain.js';
import type { Keyring, KeyringOptions } from '../keys/keyring.js';
import type { EventLog } from '../log/port.js';
import { eventsOf } from '../log/walk.js';
import { Erasures } from './erasures.js';
import { applyErasures, firstOf, SealedLog } from './sealed-log.js';

/** How many of the newest events are looked at. */
const NEWEST = 200;

export interface SealedLogPlace {
  readonly log: EventLog;
  readonly domain: Pick<Domain, 'definitions' | 'erasing'>;
  /** Opens the keys: see `openKeyring`. */
  readonly openKeys: (options: Pick<KeyringOptions, 'logId' | 'create'>) => Promise<Keyring>;
  /** Nothing is written, neither to the log nor to the keys. */
  readonly readOnly: boolean;
}

/**
 * The keys belong to a log by the id of its first event, which their store notes. They are made while the log has no sealed event, and only then.
 * Closing the returned log closes the given one and the keys.
 * @throws KeysUnavailable when the keys are not those of this log; LogUnavailable
 */
export async function openSealedLog({ log, domain, openKeys, readOnly }: SealedLogPlace): Promise<SealedLog> {
  const { definitions, erasing } = domain;
  const first = await firstOf(log);
  const isSealed = await hasSealed(log);
  // Nothing is there to be opened, and nothing will be written.
  if (readOnly && !isSealed) {
    const later = async (): Promise<Keyring> => openKeys({ logId: (await firstOf(log))?.id, create: false });
    return new SealedLog({ log, definitions, openKeys: later, begun: true, erasures: new Erasures(log, definitions, erasing, 0) });
  }
  const keyring = await openKeys({ logId: first?.id, create: !isSealed });
  try {
    const applied = await keyring.erasuresAppliedTo();
    const erasures = new Erasures(log, definitions, erasing, Math.min(applied, await log.end()));
    if (readOnly) await erasures.refresh();
    else await applyErasures({ log, definitions, keyring, erasures });
    const sealed = new SealedLog({ log, definitions, openKeys: async () => keyring, begun: first !== undefined, erasures });
    // Keys that are older than the log, or another's, are found now and not by the first who reads.
    await sealed.newest(NEWEST);
    return sealed;
  } catch (failure) {
    await keyring.close();
    throw failure;
  }
}

/** Whether the log has a sealed event. Usually one of the newest is. */
async function hasSealed(log: EventLog): Promise<boolean> {
  if ((await log.newest(NEWEST)).some(({ sealed }) => sealed)) return true;
  for await (const { sealed } of eventsOf(log)) if (sealed) return true;
  return false;
}
