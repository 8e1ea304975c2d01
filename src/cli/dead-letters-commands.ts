/** What can be asked of `daybook dead-letters`. */
import type { Command } from 'commander';
import type { OutputOptions } from './builds.js';
import { dataDirOption, eventId, jsonOption, userId, type CommandLine, type Settings } from './command-line.js';
import { runLetter, runList, runRetry, runSkip, type DecisionOptions, type LetterOptions, type SkipOptions } from './dead-letters.js';

export function addDeadLetters({ program, terminal, config, exit }: CommandLine): void {
  const letters = program.command('dead-letters').description('documents that wait because an event of theirs could not be taken');
  const command = (name: string, description: string): Command =>
    letters
      .command(name)
      .description(description)
      .option(...dataDirOption)
      .option(...jsonOption);
  const key = ['<key>', 'the document, as the list names it'] as const;
  const actor = ['--actor <user>', 'who decides; the setting defaultActor when absent', userId] as const;

  command('list', 'the documents that wait, and why')
    .argument('[name]', 'of this read model; of all when absent')
    .action(async (name: string | undefined, options: Settings & OutputOptions) => {
      exit(await runList(config(options), name, options, terminal));
    });

  command('show', 'everything that waits for one document')
    .argument('<name>', 'the read model')
    .argument(...key)
    .option('--data', 'show what was written too, which may be personal')
    .action(async (name: string, document: string, options: Settings & LetterOptions) => {
      exit(await runLetter(config(options), name, document, options, terminal));
    });

  command('retry', 'try again what waits, and say what came of it')
    .argument('<name>', 'the read model')
    .argument('[key]', 'the document, as the list names it; all that wait when absent')
    .option(...actor)
    .action(async (name: string, document: string | undefined, options: Settings & DecisionOptions) => {
      exit(await runRetry(config(options), name, document, options, terminal));
    });

  command('skip', 'leave the event that can not be taken out of one document for good, and go on with what waits behind it')
    .argument('<name>', 'the read model')
    .argument(...key)
    .requiredOption('--event <id>', 'that event, as show names it: when another one is the first to wait, nothing is left out', eventId)
    .requiredOption('--reason <text>', 'why it may be left out: kept with the decision')
    .option(...actor)
    .action(async (name: string, document: string, options: Settings & SkipOptions) => {
      exit(await runSkip(config(options), name, document, options, terminal));
    });
}
