/** W4: streams loaded one by one, and the whole log in order. */
import type { Book } from '../book.js';
import { mustEqual } from '../check.js';
import { streamOf } from '../deal/events.js';
import { stateAfter } from '../deal/expected.js';
import { foldStream } from '../deal/fold.js';
import type { Deal } from '../deal/contract.js';
import { ordinal, STEPS } from '../deal/plot.js';
import { inTurn, timed } from '../measure.js';
import { foldPlain } from '../plain/fold.js';
import type { Seeded } from '../seeded.js';
import type { Setting } from '../setting.js';

const PAGE = 1000;

export async function reads(setting: Setting, book: Book, seeded: Seeded): Promise<void> {
  const loads = await inTurn(setting.runs, { daybook: () => load(seeded, daybookDeal), plain: () => load(seeded, plainDeal) });
  book.note('w4_load_s', loads.daybook, loads.plain);
  const scans = await inTurn(setting.runs, { daybook: () => scan(seeded, daybookPages), plain: () => scan(seeded, plainPages) });
  book.note('w4_scan_ev_s', scans.daybook, scans.plain);
}

type Load = (seeded: Seeded, plot: Seeded['plots'][number]) => Deal | undefined | Promise<Deal | undefined>;
const daybookDeal: Load = async ({ log }, plot) => foldStream(await log.readStream(streamOf(plot)));
const plainDeal: Load = ({ plain }, { id }) => foldPlain(plain.load(id));

/** Streams per second, from all parts of the log. */
async function load(seeded: Seeded, deal: Load): Promise<number> {
  const { plots } = seeded;
  const picked = Array.from({ length: Math.min(plots.length, 20_000) }, (_, index) => plots[(index * 7919) % plots.length] ?? plots[0]);
  const loaded: (Deal | undefined)[] = [];
  const { seconds } = await timed(async () => {
    for (const plot of picked) if (plot) loaded.push(await deal(seeded, plot));
  });
  picked.forEach((plot, index) => plot && mustEqual(`the state of ${plot.name}`, loaded[index], stateAfter(plot, STEPS)));
  return picked.length / seconds;
}

/** The compared part of an event: its stream and its time. */
interface Read {
  readonly id: string;
  readonly occurredAt: string;
}

type Pages = (seeded: Seeded) => AsyncGenerator<readonly Read[]>;

async function* daybookPages({ log }: Seeded): ReturnType<Pages> {
  for (let after = 0; ;) {
    const { events, position } = await log.readAll(after, PAGE);
    if (position === after) return;
    yield events.map(({ stream: { id }, metadata: { occurredAt } }) => ({ id, occurredAt }));
    after = position;
  }
}

async function* plainPages({ plain }: Seeded): ReturnType<Pages> {
  for (let after = 0; ;) {
    const events = plain.page(after, PAGE);
    if (events.length === 0) return;
    yield events.map(({ stream, metadata: { occurredAt } }) => ({ id: stream, occurredAt }));
    after = events.at(-1)?.position ?? after;
  }
}

/** Events per second; each event is compared with the workload. */
async function scan(seeded: Seeded, pages: Pages): Promise<number> {
  const read: Read[] = [];
  const { seconds } = await timed(async () => {
    for await (const page of pages(seeded)) read.push(...page);
  });
  mustEqual('how many events were read', read.length, seeded.events);
  for (const plot of seeded.plots) {
    for (let step = 0; step < STEPS; step++) {
      mustEqual(`whose event is the ${step} of ${plot.name}`, read[ordinal(seeded.plots.length, plot.index, step)]?.id, plot.id);
    }
  }
  mustEqual(
    'the times of the events',
    read.every(({ occurredAt }, index) => index === 0 || occurredAt >= (read[index - 1]?.occurredAt ?? '')),
    true,
  );
  return read.length / seconds;
}
