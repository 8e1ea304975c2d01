/** Bulk loads: imports, the demo and a migration by the command line, compared with the client alone appending the same events. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { mustEqual, WrongResult } from '../check.js';
import { WINDOW } from '../deal/plot.js';
import { appendsOf, type Append } from '../kurrent/bare.js';
import type { Bench } from '../kurrent/bench.js';
import { commandsOf, writeFunnel } from '../kurrent/funnel.js';
import { newLead, registered } from '../kurrent/leads.js';
import { eventsIn, freshPlace, variablesOf } from '../kurrent/place.js';
import { chainOf, mustBeCopy, mustTellTheSame, withoutNotes } from '../kurrent/same.js';
import { inTurn } from '../measure.js';
import type { Target } from '../metrics.js';
import { seedLog } from '../seeded.js';
import { runDaybook } from '../served/command-line.js';
import { rate } from '../served/job.js';
import { fresh, type Setting } from '../setting.js';
import { EMBEDDED } from '../../src/config.js';
import type { RecordedEvent } from '../../src/kernel/event.js';

const MAPPING = join(import.meta.dirname, '..', '..', '..', 'examples', 'olist', 'mapping.yaml');

const LEADS = 4_000;
const DEALS = 9 * WINDOW;
const LAST_DAY_OF_DEMO = '2026-01-31';

/** The number of events that the client alone appends in order, because that is slow. */
const IN_ORDER = 4_000;

/** Each run is a process of its own. */
const cold = { warmUp: false };

/** How the server accepts ordered events, and the target for it. */
interface InOrder {
  /** Many at a time, to several streams. */
  readonly together: boolean;
  readonly target: Target;
}

type Events = readonly RecordedEvent[];

export async function loads(bench: Bench): Promise<void> {
  const { setting, url, bare, wanted } = bench;
  const together = await bare.takesSeveral(registered(freshPlace(url), newLead()));
  const inOrder: InOrder = { together, target: together ? { atLeast: 1_500 } : { ratio: 0.8 } };
  if (wanted('kurrent_import', 'kurrent_history')) {
    const files = fresh(setting, 'funnel');
    const leads = Math.min(LEADS, setting.opportunities);
    writeFunnel(files, leads);
    if (wanted('kurrent_import')) await imports(bench, files, leads);
    if (wanted('kurrent_history')) await histories(bench, files, leads, inOrder);
    rmSync(files, { recursive: true });
  }
  if (wanted('kurrent_demo')) await demos(bench, inOrder);
  if (wanted('kurrent_migrate')) await migrations(bench, inOrder);
}

async function imports(bench: Bench, files: string, leads: number): Promise<void> {
  const run = importing(files, leads, []);
  const expected = await onFiles(bench.setting, run);
  const { daybook, limit } = await inTurn(
    bench.setting.runs,
    {
      daybook: async () => {
        const { seconds, events } = await onServer(bench, run);
        mustTellTheSame('the imported log', events, expected);
        return commandsOf(leads) / seconds;
      },
      limit: () => atOnce(bench, expected),
    },
    cold,
  );
  bench.book.note('kurrent_import_cmd_s', daybook, limit);
}

async function histories(bench: Bench, files: string, leads: number, { together, target }: InOrder): Promise<void> {
  const run = importing(files, leads, ['--as-history']);
  const expected = await onFiles(bench.setting, run);
  const { daybook, limit } = await inTurn(
    bench.setting.runs,
    {
      daybook: async () => {
        const { seconds, events } = await onServer(bench, run);
        mustTellTheSame('the imported history', events, expected, { history: true });
        return events.length / seconds;
      },
      limit: () => oneAfterTheOther(bench, expected, together),
    },
    cold,
  );
  bench.book.note('kurrent_history_ev_s', daybook, limit, target);
}

async function demos(bench: Bench, { together }: InOrder): Promise<void> {
  let commands = 0;
  const run: Load = async (environment) => {
    const { out } = await runDaybook(['demo', '--no-serve', '--until', LAST_DAY_OF_DEMO], { environment });
    const [, count, seconds] = /commands +([\d,]+) in ([\d.]+) s/.exec(out) ?? [];
    commands = Number(count?.replaceAll(',', ''));
    return Number(seconds);
  };
  const expected = await onFiles(bench.setting, run);
  const commandsOnFiles = commands;
  const { daybook, limit } = await inTurn(
    bench.setting.runs,
    {
      daybook: async () => {
        const { seconds, events } = await onServer(bench, run);
        mustEqual('the commands of the demo', commands, commandsOnFiles);
        mustTellTheSame('the demo', events, expected, { history: true });
        return commands / seconds;
      },
      limit: () => oneAfterTheOther(bench, expected, together),
    },
    cold,
  );
  bench.book.note('kurrent_demo_cmd_s', daybook, limit);
}

async function migrations(bench: Bench, { together, target }: InOrder): Promise<void> {
  const { setting } = bench;
  const source = await seedLog(setting, Math.min(DEALS, setting.deals));
  const expected = await eventsIn(source);
  const { hash } = chainOf(expected);
  const run: Load = async (environment) => {
    const { out } = await runDaybook(['migrate', '--from', source.dataDir], { environment });
    const [, count, seconds] = /Copied ([\d,]+) events in ([\d.]+) s/.exec(out) ?? [];
    mustEqual('the events that were migrated', Number(count?.replaceAll(',', '')), expected.length);
    mustEqual('how often the hash of the source is told', out.split(hash).length - 1, 2);
    return Number(seconds);
  };
  const { daybook, limit } = await inTurn(
    setting.runs,
    {
      daybook: async () => {
        const { seconds, events } = await onServer(bench, run);
        mustBeCopy('the migrated log', events, expected);
        return expected.length / seconds;
      },
      limit: () => oneAfterTheOther(bench, expected, together),
    },
    cold,
  );
  bench.book.note('kurrent_migrate_ev_s', daybook, limit, target);
  rmSync(source.dataDir, { recursive: true });
}

/** Loads a log. @returns the duration in seconds as the command line reports it, without the start of the process */
type Load = (environment: Readonly<Record<string, string>>) => Promise<number>;

/** The import of leads. */
function importing(files: string, leads: number, options: readonly string[]): Load {
  return async (environment) => {
    const { out } = await runDaybook(['import', MAPPING, '--from', files, '--json', ...options], { environment });
    const { commands, seconds } = JSON.parse(out) as { readonly commands: unknown; readonly seconds: number };
    mustEqual('what the import says of its commands', commands, {
      run: commandsOf(leads),
      alreadyImported: 0,
      unchanged: 0,
      rejected: 0,
      notRun: 0,
    });
    return seconds;
  };
}

/** The events of the same load with an embedded log, which are the expected ones. */
async function onFiles(setting: Setting, load: Load): Promise<Events> {
  const dataDir = fresh(setting, 'on-files');
  await load({ DAYBOOK_DATA_DIR: dataDir, DAYBOOK_LOG_URL: EMBEDDED });
  const events = await eventsIn({ dataDir });
  rmSync(dataDir, { recursive: true });
  return events;
}

async function onServer({ setting, url }: Bench, load: Load): Promise<{ readonly seconds: number; readonly events: Events }> {
  const [dataDir, place] = [fresh(setting, 'on-server'), freshPlace(url)];
  const seconds = await load({ DAYBOOK_DATA_DIR: dataDir, ...variablesOf(place) });
  if (!(seconds > 0)) throw new WrongResult('The command line did not say how long it took.');
  const events = await eventsIn(place);
  rmSync(dataDir, { recursive: true, force: true });
  return { seconds, events };
}

/** The same events by the client, 64 streams at a time, each in order. @returns events per second */
async function atOnce({ url, bare }: Bench, events: Events): Promise<number> {
  const place = freshPlace(url);
  const lanes: Append[][] = Array.from({ length: WINDOW }, () => []);
  const laneOf = new Map<string, Append[]>();
  for (const append of appendsOf(place, events)) {
    const name = append.streamName;
    const lane = laneOf.get(name) ?? lanes[laneOf.size % WINDOW] ?? [];
    laneOf.set(name, lane);
    lane.push(append);
  }
  const result = await bare.lanes(lanes);
  mustTellTheSame('the log of the client by itself', await eventsIn(place), events);
  return rate(result);
}

/** The first of these events by the client, in order. @returns events per second */
async function oneAfterTheOther({ url, bare }: Bench, all: Events, together: boolean): Promise<number> {
  const place = freshPlace(url);
  const events = all.slice(0, IN_ORDER);
  const seconds = await bare.inOrder(appendsOf(place, events), together);
  mustBeCopy('the log of the client by itself', withoutNotes(await eventsIn(place)), events);
  return events.length / seconds;
}
