/** What can be asked of `daybook events`. */
import { InvalidArgumentError } from 'commander';
import { dataDirOption, eventTypes, positiveNumber, streamNamed, wholeNumber, type CommandLine, type Settings } from './command-line.js';
import { runShow, runTail, wanted, type ShowOptions, type TailOptions, type Wanted } from './events.js';

const dataOption = ['--data', 'show what was written too, which may be personal'] as const;

export function addEvents({ program, terminal, config, exit }: CommandLine): void {
  const events = program.command('events').description('what is in the log');
  events
    .command('show')
    .description('show one event, or the events of a stream')
    .argument('<what>', 'a position, the id of an event, or a stream such as lead-7f0c…', eventOrStream)
    .option(...dataDirOption)
    .option(...dataOption)
    .option('--json', 'print one JSON object a line')
    .action(async (what: Wanted, options: Settings & ShowOptions) => {
      exit(await runShow(config(options), what, options, terminal));
    });
  events
    .command('tail')
    .description('list events, and go on with new ones until Ctrl-C')
    .option(...dataDirOption)
    .option('--after <position>', 'begin after this position: at the end when absent, with --no-follow at the beginning', wholeNumber)
    .option('--types <names>', 'events of these types alone, with commas between them', eventTypes)
    .option('--stream <name>', 'events of this stream alone, such as lead-7f0c…', streamNamed)
    .option('--follow', 'wait for new events (unless said otherwise)', true)
    .option('--no-follow', 'end where the log ends now')
    .option('--limit <number>', 'end after so many events', positiveNumber)
    .option(...dataOption)
    .option('--json', 'print one JSON object a line')
    .action(async (options: Settings & TailOptions) => {
      exit(await runTail(config(options), options, terminal));
    });
}

function eventOrStream(text: string): Wanted {
  try {
    return wanted(text);
  } catch {
    throw new InvalidArgumentError(
      'Expected a position, the id of an event (a UUID), or the name of a stream: a record type, a dash and an id.',
    );
  }
}
