/** The commands of `daybook projections`. */
import type { Command } from 'commander';
import { runBuildStep, runStatus, type BuildStep, type OutputOptions } from './builds.js';
import { dataDirOption, jsonOption, positiveNumber, type CommandLine, type Settings } from './command-line.js';
import { runRebuild, type RebuildOptions } from './rebuild.js';
import { runVerify, type VerifyOptions } from './verify.js';

export function addProjections({ program, terminal, config, exit }: CommandLine): void {
  const projections = program.command('projections').description('rebuild, verify, cut over and roll back read models');
  const command = (name: string, description: string): Command =>
    projections
      .command(name)
      .description(description)
      .option(...dataDirOption)
      .option(...jsonOption);

  command('status', 'list all builds and their progress')
    .argument('[names...]', 'the read models (default: all)')
    .action(async (names: readonly string[], options: Settings & OutputOptions) => {
      exit(await runStatus(config(options), names, options, terminal));
    });

  command('rebuild', 'build read models again next to the live ones, in one pass over the log, and cut over')
    .argument('[names...]', 'the read models')
    .option('--all', 'all read models')
    .option('--no-wait', 'only request it; a server builds it')
    .action(async (names: readonly string[], options: Settings & RebuildOptions & AllOption, self: Command) => {
      mustChoose(names, options, self);
      exit(await runRebuild(config(options), names, options, terminal));
    });

  command('verify', 'build temporary copies and compare every document with the live builds')
    .argument('[names...]', 'the read models (default: all)')
    .option('--all', 'all read models, as without a name')
    .option('--no-data', 'show only keys and problems, without the documents, which may be personal')
    .action(async (names: readonly string[], options: Settings & VerifyOptions) => {
      exit(await runVerify(config(options), names, options, terminal));
    });

  step('cutover', 'make a build that is ready the live one').option('--build <number>', 'the build (default: the newest)', positiveNumber);
  step('rollback', 'make the previous live build live again').option(
    '--build <number>',
    'the build (default: the last one that was live)',
    positiveNumber,
  );
  step('drop', 'drop a build that is not live').requiredOption('--build <number>', 'the build', positiveNumber);

  function step(name: BuildStep, description: string): Command {
    return command(name, description)
      .argument('<name>', 'the read model')
      .action(async (model: string, options: Settings & OutputOptions & { readonly build?: number }) => {
        exit(await runBuildStep(config(options), name, { ...options, name: model }, terminal));
      });
  }
}

interface AllOption {
  readonly all?: boolean;
}

/** Long tasks need names or an explicit --all. */
function mustChoose(names: readonly string[], { all = false }: AllOption, command: Command): void {
  if (all === names.length > 0) {
    command.error(all ? 'error: give names or --all, not both' : 'error: give the names of read models, or --all');
  }
}
