/** `daybook keys`: where the keys of personal data are, and the rotation of the master key. */
import type { Config } from '../config.js';
import { masterSource, openKeyStore } from '../engines.js';
import { masterIn } from '../keys/master-source.js';
import { overviewOf } from '../keys/overview.js';
import type { KeyStore } from '../keys/port.js';
import { rotateMasterKey } from '../keys/rotation.js';
import type { OutputOptions } from './builds.js';
import { dataDirOption, jsonOption, userId, type CommandLine, type Settings } from './command-line.js';
import { runAcceptLoss, type AcceptLossOptions } from './lost-keys.js';
import { progress, silent } from './progress.js';
import { count, counted, details, plain } from './table.js';
import type { Terminal } from './terminal.js';

export function addKeys({ program, terminal, config, exit }: CommandLine): void {
  const keys = program
    .command('keys')
    .description('show where the keys of personal data are, and rotate their master key')
    .option(...dataDirOption)
    .option(...jsonOption)
    .action(async (options: Settings & OutputOptions) => {
      exit(await runKeys(config(options), options, terminal));
    });
  keys
    .command('rotate')
    .description('wrap all keys under a new master key, and destroy the previous one')
    .action(async () => {
      // The options are the same as those of the command above it, which takes them.
      const options: Settings & OutputOptions = keys.opts();
      exit(await runRotate(config(options), options, terminal));
    });
  keys
    .command('accept-loss')
    .description('list keys that are lost without an erasure; with --yes, withhold for good what they sealed')
    .requiredOption('--reason <text>', 'what happened to the keys; stored with the decision')
    .option('--actor <user>', 'who decides (default: the setting defaultActor)', userId)
    .option('--yes', 'accept the loss')
    .action(async (options: AcceptLossOptions) => {
      exit(await runAcceptLoss(config(keys.opts()), options, terminal));
    });
}

/** @returns the exit code: 0. @throws KeysUnavailable also when the master key is not the one that wraps the keys */
async function runKeys(config: Config, { json = false }: OutputOptions, { out }: Terminal): Promise<number> {
  return withKeyStore(config, async (store) => {
    const { place, keys, fingerprint, log, erasuresAppliedTo } = await overviewOf(store);
    const master = await masterSource(config);
    if (json) {
      const told = { place, keys, masterKey: { place: master.place, fingerprint }, log, erasuresAppliedTo };
      out.write(`${JSON.stringify(told, undefined, 2)}\n`);
    } else {
      out.write(
        details([
          ['place', plain(place)],
          ['keys', count(keys)],
          ['master key', `${fingerprint} (${plain(master.place)})`],
          ['log', plain(log)],
          ['erasures applied to', String(erasuresAppliedTo)],
        ]),
      );
    }
    masterIn(master, fingerprint);
    return 0;
  });
}

/** @returns the exit code: 0. @throws KeysUnavailable */
async function runRotate(config: Config, { json = false }: OutputOptions, { out, err }: Terminal): Promise<number> {
  return withKeyStore(config, async (store) => {
    const { fingerprint: before } = await overviewOf(store);
    const source = await masterSource(config);
    const bar = json && err.isTTY !== true ? silent : progress(err, 'Keys');
    try {
      const { fingerprint, keys, foreign } = await rotateMasterKey(store, { source, onProgress: (seen, total) => bar.update(seen, total) });
      bar.end();
      if (json) out.write(`${JSON.stringify({ masterKey: { place: source.place, fingerprint }, keys, foreign }, undefined, 2)}\n`);
      else out.write(rotationText({ before, fingerprint, keys, foreign, place: source.place, given: config.masterKey !== '' }));
      return 0;
    } finally {
      bar.end();
    }
  });
}

function rotationText(rotation: {
  readonly before: string;
  readonly fingerprint: string;
  readonly keys: number;
  readonly foreign: number;
  readonly place: string;
  readonly given: boolean;
}): string {
  const { before, fingerprint, keys, foreign, place, given } = rotation;
  const wrapped = before === fingerprint ? 'A rotation that was interrupted is complete. ' : '';
  return [
    `${wrapped}${counted(keys, 'key was', 'keys were')} wrapped anew; the master key is now ${fingerprint} (${plain(place)}).\n`,
    ...(foreign > 0
      ? [
          `${counted(foreign, 'key is', 'keys are')} wrapped by an earlier master key: left by processes that were killed, and never used.\n`,
        ]
      : []),
    given
      ? 'Now set DAYBOOK_MASTER_KEY to the next one, remove DAYBOOK_NEXT_MASTER_KEY, start the servers again, and destroy the previous master key.\n'
      : 'The previous master key was destroyed. Back up the new one; destroy the backups of the previous one when no backup of the keys needs it.\n',
  ].join('');
}

async function withKeyStore<T>(config: Config, work: (store: KeyStore) => Promise<T>): Promise<T> {
  const store = await openKeyStore(config, { create: false });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}
