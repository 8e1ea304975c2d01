/** The `daybook` command: its subcommands, and the exit codes of its errors. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { loadConfig, type Config } from '../config.js';
import { dataDirOption, wholeNumber, type CommandLine, type Settings } from './command-line.js';
import { runConfig } from './config.js';
import { runContracts } from './contracts.js';
import { addDeadLetters } from './dead-letters-commands.js';
import { runDemo } from './demo.js';
import { addErasures } from './erasures.js';
import { addEvents } from './events-commands.js';
import { describeFailure, exitCodeOf } from './failure.js';
import { runImportCommand } from './import.js';
import { addKeys } from './keys.js';
import { addMigrate } from './migrate.js';
import { addProjections } from './projections-commands.js';
import { runServe } from './serve.js';
import type { Terminal } from './terminal.js';

/** The exit codes of all commands, as in docs/cli.md. */
const exitCodes = `
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 imported with rejects, 4 documents or logs differ,
5 not ready yet, or dead letters remain, 130 stopped with Ctrl-C.
`;

/**
 * Runs one command line.
 * @param args without the program's own name
 * @returns the exit code: one of `exitCodes`
 */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  const { out, err, environment } = terminal;
  let exitCode = 0;
  const config = ({ dataDir, port, role }: Settings): Config => loadConfig(environment, { dataDir, port, role });

  const program = new Command('daybook')
    .description('An event-sourced CRM back end.')
    .version(version())
    .exitOverride()
    .configureOutput({ writeOut: (text) => void out.write(text), writeErr: (text) => void err.write(text) })
    .addHelpText('afterAll', exitCodes)
    .showHelpAfterError('(daybook --help lists the commands, daybook <command> --help their options)');

  const port = ['--port <number>', 'TCP port to listen on; 0 picks a free one (setting port)'] as const;

  program
    .command('serve')
    .description('serve the data folder until Ctrl-C')
    .option(...dataDirOption)
    .option(...port)
    .option('--role <roles>', 'what this process does: api, projector, policies, or several of them, separated by commas (setting role)')
    .action(async (options: Settings) => {
      await runServe(config(options), terminal);
    });

  program
    .command('demo')
    .description('fill an empty data folder with a fictional company, then serve it')
    .option(...dataDirOption)
    .option(...port)
    .option('--seed <number>', 'seed of the data: the same number and day give the same data', wholeNumber, 1)
    .option('--until <day>', 'the last day of the two years (default: yesterday)', pastDay)
    .option('--no-serve', 'fill the folder and stop')
    .action(async (options: Settings & { readonly seed: number; readonly until?: string; readonly serve: boolean }) => {
      exitCode = await runDemo(config(options), options, terminal);
    });

  program
    .command('import')
    .description('import files as a mapping says')
    .argument('<mapping>', 'YAML file that says how rows become commands (docs/import.md)')
    .option(...dataDirOption)
    .option('--source <name=path>', 'the file of a source of the mapping; can be repeated', namedPath, new Map<string, string>())
    .option('--from <folder>', "the folder of the files (default: the mapping's folder)")
    .option('--as-history', "keep the source's times as recorded times; needs an empty log")
    .option('--rejects <file>', 'the file of rejected steps (default: <data folder>/rejects/<mapping>-<time>.csv)')
    .option('--json', 'print the report as JSON')
    .action(async (mapping: string, options: Settings & Parameters<typeof runImportCommand>[2]) => {
      exitCode = await runImportCommand(config(options), mapping, options, terminal);
    });

  const commandLine: CommandLine = {
    program,
    terminal,
    config,
    exit: (code) => {
      exitCode = code;
    },
  };
  addEvents(commandLine);
  addMigrate(commandLine);
  addProjections(commandLine);
  addDeadLetters(commandLine);
  addKeys(commandLine);
  addErasures(commandLine);

  const contracts = program.command('contracts').description('the published contracts: JSON Schemas of the events and the GraphQL schema');
  for (const task of ['emit', 'check'] as const) {
    contracts
      .command(task)
      .description(task === 'emit' ? 'write them' : 'compare them with those of the program, and tell whether a difference breaks clients')
      .argument('[folder]', 'where they are', 'contracts')
      .action(async (folder: string) => {
        exitCode = await runContracts(task, folder, terminal);
      });
  }

  program
    .command('config')
    .description('list the settings and their values')
    .option(...dataDirOption)
    .option(...port)
    .action((options: Settings) => {
      runConfig(config(options), terminal);
    });

  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (failure) {
    if (failure instanceof CommanderError) return failure.exitCode === 0 ? 0 : 2;
    err.write(`${describeFailure(failure, /^(debug|trace)$/.test(environment['DAYBOOK_LOG_LEVEL'] ?? ''))}\n`);
    return exitCodeOf(failure);
  }
}

function pastDay(text: string): string {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(time)) throw new InvalidArgumentError('Expected a day such as 2026-03-31.');
  if (time > Date.now()) throw new InvalidArgumentError('Expected today or an earlier day.');
  return text;
}

function namedPath(text: string, before: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const at = text.indexOf('=');
  if (at < 1 || at === text.length - 1) throw new InvalidArgumentError('Expected name=path.');
  return new Map([...before, [text.slice(0, at), text.slice(at + 1)]]);
}

/** The version in package.json, for the sources and for dist/. */
function version(): string {
  for (const up of ['../..', '../../..']) {
    try {
      const { name, version } = JSON.parse(readFileSync(new URL(`${up}/package.json`, import.meta.url), 'utf8')) as {
        name?: string;
        version: string;
      };
      if (name === 'daybook') return version;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    }
  }
  throw new Error("Daybook's package.json was not found. The installation is incomplete.");
}
