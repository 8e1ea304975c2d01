/** `daybook keys accept-loss`: says in the log that keys are lost for good, so that what they sealed is withheld and the rest goes on. */
import { CommandHandler } from '../command-handling/command-handler.js';
import type { Config } from '../config.js';
import { domain } from '../domain.js';
import { openKeys, openLog } from '../engines.js';
import { streamName } from '../kernel/event.js';
import type { Keyring } from '../keys/keyring.js';
import { KeysUnavailable } from '../keys/port.js';
import type { EventLog } from '../log/port.js';
import { pagesOf } from '../log/walk.js';
import { AcceptKeyLoss } from '../operations/key-loss.js';
import { Erasures } from '../sealing/erasures.js';
import { firstOf, SealedLog } from '../sealing/sealed-log.js';
import { counted, plain } from './table.js';
import type { Terminal } from './terminal.js';

export interface AcceptLossOptions {
  readonly reason: string;
  readonly actor?: string;
  /** Without it, the missing keys are only listed. */
  readonly yes?: boolean;
}

/** Keys per event. */
const AT_ONCE = 1_000;

/** @returns the exit code: 0, or 1 when keys are missing and their loss is not accepted. @throws LogUnavailable, KeysUnavailable */
export async function runAcceptLoss(
  config: Config,
  { reason, actor = config.defaultActor, yes = false }: AcceptLossOptions,
  { out }: Terminal,
): Promise<number> {
  const { definitions, erasing } = domain;
  // Opening a log for writing would create it.
  await (await openLog(config, { readOnly: true })).close();
  const log = await openLog(config);
  let keyring: Keyring | undefined;
  try {
    const opened = await openedKeys(config, log);
    keyring = opened;
    const erasures = new Erasures(log, definitions, erasing, 0);
    await erasures.refresh();
    const lost = [...(await missingIn(log, opened, erasures))];
    if (lost.length === 0) {
      out.write('No key is missing.\n');
      return 0;
    }
    const told = `${counted(lost.length, 'key is', 'keys are')} missing, of ${plain(lost.map(([, stream]) => stream).join(', '))}.\n`;
    if (!yes) {
      out.write(`${told}Nothing was changed. To withhold for good what they sealed, run the command again with --yes.\n`);
      return 1;
    }
    const sealed = new SealedLog({ log, definitions, openKeys: async () => opened, begun: true, erasures });
    const handler = new CommandHandler({ log: sealed, definitions });
    for (let at = 0; at < lost.length; at += AT_ONCE) {
      const part = lost.slice(at, at + AT_ONCE);
      const streams = [...new Set(part.map(([, stream]) => stream))];
      await handler.execute(AcceptKeyLoss({ keys: part.map(([k]) => k), streams, reason }), { actor });
    }
    out.write(`${told}Their loss is accepted: what they sealed is withheld.\n`);
    return 0;
  } finally {
    await keyring?.close();
    await log.close();
  }
}

/** The keys that are left; new ones when the whole store is lost. */
async function openedKeys(config: Config, log: EventLog): Promise<Keyring> {
  const logId = (await firstOf(log))?.id;
  try {
    return await openKeys(config, { logId, create: false });
  } catch (failure) {
    if (!(failure instanceof KeysUnavailable) || !failure.isEmpty) throw failure;
    return openKeys(config, { logId, create: true });
  }
}

/** The keys that the log names, the store does not have and nothing erased, each with the stream that it seals. */
async function missingIn(log: EventLog, keyring: Keyring, erasures: Erasures): Promise<ReadonlyMap<string, string>> {
  const missing = new Map<string, string>();
  for await (const { events } of pagesOf(log)) {
    const streams = new Map(events.flatMap(({ stream, sealed = [] }) => sealed.map(({ k }) => [k, streamName(stream)] as const)));
    const found = await keyring.load(streams.keys());
    for (const [k, stream] of streams) if (!found.has(k) && erasures.of(k) === undefined) missing.set(k, stream);
  }
  return missing;
}
