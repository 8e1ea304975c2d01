/** What can be asked of `daybook projections`. */
import type { Command } from 'commander';
import { runBuildStep, runStatus, type BuildStep, type OutputOptions } from './builds.js';
import { dataDirOption, jsonOption, positiveNumber, type CommandLine, type Settings } from './command-line.js';
import { runRebuild, type RebuildOptions } from './rebuild.js';
import { runVerify, type VerifyOptions } from './verify.js';

export function addProjections({ program, terminal, config, exit }: CommandLine): void {
  const projections = program.command('projections').description('the builds of read models: built beside each other, compared, cut over');
  const command = (name: string, description: string): Command =>
    projections
      .command(name)
      .description(description)
      .option(...dataDirOption)
      .option(...jsonOption);

  command('status', 'every build, and how far it is')
    .argument('[names...]', 'of these read models; of all when absent')
    .action(async (names: readonly string[], options: Settings & OutputOptions) => {
      exit(await runStatus(config(options), names, options, terminal));
    });

  command('rebuild', 'build read models again beside the live ones, in one pass over the log, and have them take over')
    .argument('[names...]', 'the read models')
    .option('--all', 'all read models')
    .option('--no-wait', 'ask for it and leave it to the server')
    .action(async (names: readonly string[], options: Settings & RebuildOptions & AllOption, self: Command) => {
      mustChoose(names, options, self);
      exit(await runRebuild(config(options), names, options, terminal));
    });

  command('verify', 'build read models aside and compare every document with those that answer')
    .argument('[names...]', 'these read models; all when absent')
    .option('--all', 'all read models, as without a name')
    .option('--no-data', 'tell keys and reasons of what differs, without the documents, which may be personal')
    .action(async (names: readonly string[], options: Settings & VerifyOptions) => {
      exit(await runVerify(config(options), names, options, terminal));
    });

  step('cutover', 'make a build that is ready the live one').option('--build <number>', 'this one; the newest when absent', positiveNumber);
  step('rollback', 'make the build that was live before the live one again').option(
    '--build <number>',
    'this one; the one that was live last when absent',
    positiveNumber,
  );
  step('drop', 'take a build away that does not answer').requiredOption('--build <number>', 'which one', positiveNumber);

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

/** What takes long is asked for by name, or for all of them on purpose. */
function mustChoose(names: readonly string[], { all = false }: AllOption, command: Command): void {
  if (all === names.length > 0) command.error(all ? 'error: give names or --all, not both' : 'error: name read models, or give --all');
}
