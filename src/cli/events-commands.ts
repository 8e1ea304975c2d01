/** The commands of `daybook events`. */
import { InvalidArgumentError } from 'commander';
import { dataDirOption, eventTypes, positiveNumber, streamNamed, wholeNumber, type CommandLine, type Settings } from './command-line.js';
import { runShow, runTail, wanted, type ShowOptions, type TailOptions, type Wanted } from './events.js';

const openOption = ['--open', 'open the sealed fields, which are personal, in --data and --json'] as const;
const dataOption = ['--data', 'also show the data of the events'] as const;

export function addEvents({ program, terminal, config, exit }: CommandLine): void {
  const events = program.command('events').description('show the events of the log');
  events
    .command('show')
    .description('show one event, or the events of a stream')
    .argument('<what>', 'a position, the id of an event, or a stream such as lead-7f0c…', eventOrStream)
    .option(...dataDirOption)
    .option(...dataOption)
    .option(...openOption)
    .option('--json', 'print each event as it is written, one JSON object per line')
    .action(async (what: Wanted, options: Settings & ShowOptions) => {
      exit(await runShow(config(options), what, options, terminal));
    });
  events
    .command('tail')
    .description('list events, then new ones until Ctrl-C')
    .option(...dataDirOption)
    .option('--after <position>', 'start after this position (default: the end of the log; with --no-follow, its beginning)', wholeNumber)
    .option('--types <names>', 'only events of these types, separated by commas', eventTypes)
    .option('--stream <name>', 'only events of this stream, such as lead-7f0c…', streamNamed)
    .option('--follow', 'wait for new events (default)', true)
    .option('--no-follow', 'stop at the current end of the log')
    .option('--limit <number>', 'stop after this number of events', positiveNumber)
    .option(...dataOption)
    .option(...openOption)
    .option('--json', 'print each event as it is written, one JSON object per line')
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
