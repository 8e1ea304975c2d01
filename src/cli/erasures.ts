/** `daybook erasures`: lists what was erased, to be kept apart from backups, and applies such a list after a restore. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { domain } from '../domain.js';
import type { Config } from '../config.js';
import { openLog } from '../engines.js';
import type { AnyCommandDefinition } from '../kernel/command.js';
import { parseStreamName, streamName, type Position, type RecordedEvent } from '../kernel/event.js';
import { KnownError } from '../kernel/known-error.js';
import { Rejection } from '../kernel/rejection.js';
import { pagesOf } from '../log/walk.js';
import { openRuntime } from '../runtime.js';
import { dataDirOption, jsonOption, userId, type CommandLine, type Settings } from './command-line.js';
import type { OutputOptions } from './builds.js';
import { counted, plain, table, type Column } from './table.js';
import { widthOf, type Terminal } from './terminal.js';

/** A file is not a list of erasures. */
export class InvalidList extends KnownError {
  override readonly name = 'InvalidList';
  readonly code = 'INVALID_LIST';
}

export function addErasures({ program, terminal, config, exit }: CommandLine): void {
  const erasures = program
    .command('erasures')
    .description('list what was erased, to be kept apart from backups')
    .option(...dataDirOption)
    .option(...jsonOption)
    .action(async (options: Settings & OutputOptions) => {
      exit(await runErasures(config(options), options, terminal));
    });
  erasures
    .command('apply')
    .description('erase again what a list names, after a backup from before was restored')
    .argument('<file>', 'what `daybook erasures --json` printed')
    .option('--actor <user>', 'who erases (default: the setting defaultActor)', userId)
    .action(async (file: string, { actor }: { readonly actor?: string }) => {
      // The options are the same as those of the command above it, which takes them.
      const settings = config(erasures.opts<Settings>());
      exit(await runApply(settings, file, actor ?? settings.defaultActor, terminal));
    });
}

const ground = ({ data }: RecordedEvent): string => (data as { readonly ground?: string }).ground ?? '';

const columns: readonly Column<RecordedEvent>[] = [
  { title: 'position', value: ({ position }) => String(position), right: true, minimum: 9 },
  { title: 'recorded', value: ({ metadata }) => metadata.recordedAt, minimum: 24 },
  { title: 'type', value: ({ type }) => plain(type), minimum: 16 },
  { title: 'stream', value: ({ stream }) => plain(streamName(stream)), minimum: 40 },
  { title: 'ground', value: (event) => plain(ground(event)), minimum: 8 },
  { title: 'actor', value: ({ metadata }) => plain(metadata.actor), minimum: 12 },
];

/** @returns the exit code: 0. @throws LogUnavailable */
async function runErasures(config: Config, { json = false }: OutputOptions, { out }: Terminal): Promise<number> {
  const log = await openLog(config, { readOnly: true });
  try {
    const found: RecordedEvent[] = [];
    for await (const { events } of pagesOf(log, { types: domain.erasing })) found.push(...events);
    if (json) {
      for (const event of found) {
        const { type, stream, metadata } = event;
        out.write(
          `${JSON.stringify({ type, stream: streamName(stream), ground: ground(event), recordedAt: metadata.recordedAt, actor: metadata.actor })}\n`,
        );
      }
    } else if (found.length === 0) out.write('Nothing was erased.\n');
    else out.write(table(columns, found, { width: widthOf(out) }));
    return 0;
  } finally {
    await log.close();
  }
}

const entry = z.object({ type: z.string(), stream: z.string(), ground: z.string() });

/** @returns the exit code: 0. @throws InvalidList when the file is not such a list; LogUnavailable, KeysUnavailable, ViewsUnavailable */
async function runApply(config: Config, file: string, actor: string, { out }: Terminal): Promise<number> {
  const list = readList(file);
  // Opening a log for writing would create it.
  await (await openLog(config, { readOnly: true })).close();
  const runtime = await openRuntime({ ...config, readerThreads: 0 }, { onRefusal: () => undefined, patienceMs: 0 });
  let [erased, missing] = [0, 0];
  let last: Position = 0;
  try {
    for (const { command, id, ground: why } of list) {
      try {
        const { appended, position } = await runtime.commandHandler.execute(command.from({ id, ground: why }), { actor });
        erased += appended > 0 ? 1 : 0;
        last = Math.max(last, position);
      } catch (failure) {
        if (!(failure instanceof Rejection) || !failure.code.endsWith('_NOT_FOUND')) throw failure;
        missing += 1;
      }
    }
  } finally {
    await runtime.close();
  }
  out.write(
    `${counted(erased, 'record was', 'records were')} erased again; ${counted(list.length - erased - missing, 'was', 'were')} erased already.\n`,
  );
  if (missing > 0) {
    out.write(`${counted(missing, 'record is', 'records are')} not in this log: the backup is from before they were registered.\n`);
  }
  return 0;
}

/** The command that appends an erasing event. */
function erasingCommand(type: string, recordType: string): AnyCommandDefinition | undefined {
  const commands = domain.commands.filter(({ record }) => record.type === recordType && record.events.some((event) => event.type === type));
  // What a policy may erase is erased whatever it became.
  return (
    commands.find(({ erases, verb }) => erases && verb === 'system') ?? commands.find(({ erases, verb }) => erases || verb === 'eraseText')
  );
}

function readList(file: string): readonly { readonly command: AnyCommandDefinition; readonly id: string; readonly ground: string }[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.flatMap((line, index) => {
    if (line.trim() === '') return [];
    try {
      const { type, stream: name, ground: why } = entry.parse(JSON.parse(line));
      const { type: recordType, id } = parseStreamName(name);
      // Keys that were lost are not lost in a backup that has them.
      if (why === '') return [];
      const command = erasingCommand(type, recordType);
      if (!command) throw new RangeError(`${type} erases nothing`);
      return [{ command, id, ground: why }];
    } catch (cause) {
      throw new InvalidList(`${file}, line ${index + 1}, is not what \`daybook erasures --json\` prints.`, { cause });
    }
  });
}
