/** The `daybook` command: what can be asked of it, and how its failures end. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { loadConfig, type Config } from '../config.js';
import { dataDirOption, wholeNumber, type CommandLine, type Settings } from './command-line.js';
import { runConfig } from './config.js';
import { runContracts } from './contracts.js';
import { addDeadLetters } from './dead-letters-commands.js';
import { runDemo } from './demo.js';
import { addEvents } from './events-commands.js';
import { describeFailure, exitCodeOf } from './failure.js';
import { runImportCommand } from './import.js';
import { addMigrate } from './migrate.js';
import { addProjections } from './projections-commands.js';
import { runServe } from './serve.js';
import type { Terminal } from './terminal.js';

/** What a process ends with, for every command; docs/cli.md says more. */
const exitCodes = `
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 imported with rejects, 4 documents differ from what the events make,
5 too early or documents still wait, 130 stopped with Ctrl-C.
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
    .description('A CRM back end that writes every fact once, in order, and computes what is read from it.')
    .version(version())
    .exitOverride()
    .configureOutput({ writeOut: (text) => void out.write(text), writeErr: (text) => void err.write(text) })
    .addHelpText('afterAll', exitCodes)
    .showHelpAfterError('(daybook --help lists the commands, daybook <command> --help their options)');

  const port = ['--port <number>', 'TCP port to serve on; 0 takes a free one (setting port)'] as const;

  program
    .command('serve')
    .description('serve the data folder until Ctrl-C')
    .option(...dataDirOption)
    .option(...port)
    .option('--role <roles>', 'what this process does: api, projector, policies, or some of them with commas between (setting role)')
    .action(async (options: Settings) => {
      await runServe(config(options), terminal);
    });

  program
    .command('demo')
    .description('fill an empty data folder with a made-up company, then serve it')
    .option(...dataDirOption)
    .option(...port)
    .option('--seed <number>', 'which company: the same number and day make the same data', wholeNumber, 1)
    .option('--until <day>', 'the last day of its two years; today when absent', pastDay)
    .option('--no-serve', 'fill the folder and stop')
    .action(async (options: Settings & { readonly seed: number; readonly until?: string; readonly serve: boolean }) => {
      exitCode = await runDemo(config(options), options, terminal);
    });

  program
    .command('import')
    .description('bring files into the log, as a mapping says')
    .argument('<mapping>', 'YAML file that says how rows become commands (docs/import.md)')
    .option(...dataDirOption)
    .option('--source <name=path>', 'take this file for a source of the mapping; may be repeated', namedPath, new Map<string, string>())
    .option('--from <folder>', "look for the sources' files here instead of beside the mapping")
    .option('--as-history', "keep the source's times as recorded times; only into an empty log")
    .option('--rejects <file>', 'where to write what was refused; <data folder>/rejects/<mapping>-<time>.csv when absent')
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

  const contracts = program.command('contracts').description('the published contracts: JSON Schemas of the events and the GraphQL schema');
  for (const task of ['emit', 'check'] as const) {
    contracts
      .command(task)
      .description(
        task === 'emit' ? 'write them' : 'compare them with what the program would write, and say whether a difference breaks readers',
      )
      .argument('[folder]', 'where they are', 'contracts')
      .action(async (folder: string) => {
        exitCode = await runContracts(task, folder, terminal);
      });
  }

  program
    .command('config')
    .description('list the settings and their values here')
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

/** Of the package that this file belongs to, built or not. */
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
  throw new Error("Daybook's package.json was not found: the installation is incomplete.");
}
