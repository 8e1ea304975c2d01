/** The commands of `daybook dead-letters`. */
import type { Command } from 'commander';
import type { OutputOptions } from './builds.js';
import { dataDirOption, eventId, jsonOption, userId, type CommandLine, type Settings } from './command-line.js';
import { runLetter, runList, runRetry, runSkip, type DecisionOptions, type LetterOptions, type SkipOptions } from './dead-letters.js';

export function addDeadLetters({ program, terminal, config, exit }: CommandLine): void {
  const letters = program.command('dead-letters').description('events that a read model could not apply');
  const command = (name: string, description: string): Command =>
    letters
      .command(name)
      .description(description)
      .option(...dataDirOption)
      .option(...jsonOption);
  const key = ['<key>', 'the document, as listed'] as const;
  const actor = ['--actor <user>', 'who decides (default: the setting defaultActor)', userId] as const;

  command('list', 'list the documents with dead letters, and the errors')
    .argument('[name]', 'the read model (default: all)')
    .action(async (name: string | undefined, options: Settings & OutputOptions) => {
      exit(await runList(config(options), name, options, terminal));
    });

  command('show', 'show the unapplied events of one document')
    .argument('<name>', 'the read model')
    .argument(...key)
    .option('--data', 'also show the data of the events, which may be personal')
    .action(async (name: string, document: string, options: Settings & LetterOptions) => {
      exit(await runLetter(config(options), name, document, options, terminal));
    });

  command('retry', 'retry the unapplied events, and report the result')
    .argument('<name>', 'the read model')
    .argument('[key]', 'the document, as listed (default: all)')
    .option(...actor)
    .action(async (name: string, document: string | undefined, options: Settings & DecisionOptions) => {
      exit(await runRetry(config(options), name, document, options, terminal));
    });

  command('skip', 'skip the failed event of one document permanently, and apply the events behind it')
    .argument('<name>', 'the read model')
    .argument(...key)
    .requiredOption('--event <id>', 'the failed event, as shown; nothing is skipped if it is no longer the first', eventId)
    .requiredOption('--reason <text>', 'why it may be skipped; stored with the decision')
    .option(...actor)
    .action(async (name: string, document: string, options: Settings & SkipOptions) => {
      exit(await runSkip(config(options), name, document, options, terminal));
    });
}
