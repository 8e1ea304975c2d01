/** The port's reads compared with the client alone: one call after the other, and with pauses. */
import { setTimeout as sleep } from 'node:timers/promises';
import { mustEqual } from '../check.js';
import { eventsOf, streamOf } from '../deal/events.js';
import { dealPlots } from '../deal/plot.js';
import { appendOf, type Append } from '../kurrent/bare.js';
import type { Bench } from '../kurrent/bench.js';
import { newLead, registered } from '../kurrent/leads.js';
import { freshPlace, openToRead } from '../kurrent/place.js';
import { inTurn, quantile } from '../measure.js';
import { derivedId } from '../../src/kernel/derived-id.js';
import type { Stream } from '../../src/kernel/event.js';

const STREAMS = 50;
const CALLS = 200;

/** After a pause a connection may delay an acknowledgement, which the system sends after 40 ms. */
const PAUSE_MS = 5;

/** The number of calls: enough that a slow first one does not matter. */
const cold = { warmUp: false };

/** A measured call, and its preparation, which is not measured. */
interface Subject {
  readonly prepare?: (nth: number) => Promise<void>;
  readonly call: (nth: number) => Promise<unknown>;
  /** @throws WrongResult */
  readonly check: (nth: number, answer: unknown) => void;
}

export async function portReads({ setting, book, url, bare, wanted }: Bench): Promise<void> {
  const calls = Math.min(CALLS, setting.opportunities);
  const place = freshPlace(url);
  const plots = dealPlots(STREAMS);
  const lives = plots.map((plot) => ({ stream: streamOf(plot), events: eventsOf(STREAMS, plot) }));
  await bare.lanes(
    lives.map(({ stream, events }): readonly Append[] =>
      events.map((event, revision) => appendOf(place, stream, revision, event, event.metadata.occurredAt)),
    ),
  );
  const log = await openToRead(place);
  try {
    const read = (ids: (stream: Stream) => Promise<readonly string[]>): Subject => ({
      call: (nth) => ids(lives[nth % STREAMS]?.stream ?? missing(nth)),
      check: (nth, answer) =>
        mustEqual(
          'the events of a stream',
          answer,
          lives[nth % STREAMS]?.events.map(({ id }) => id),
        ),
    });
    const readMissing = (ids: (stream: Stream) => Promise<readonly string[]>): Subject => ({
      call: (nth) => ids(missing(nth)),
      check: (_, answer) => mustEqual('the events of a stream that is not there', answer, []),
    });
    // Another process appends before each call, so that the end of the log must be read.
    let last = 0;
    const prepare = async () => {
      last = await bare.append(registered(place, newLead()));
    };
    const head = (call: () => Promise<number>): Subject => ({
      prepare,
      call,
      check: (_, answer) => mustEqual('where the last event stands', answer, last),
    });
    const end = (call: () => Promise<number>): Subject => ({
      prepare,
      call,
      check: (_, answer) => mustEqual('whether the log ends where it was written last, or after it', Number(answer) >= last, true),
    });
    const ofPort = async (stream: Stream) => (await log.readStream(stream)).map(({ id }) => id);
    const ofBare = (stream: Stream) => bare.read(stream, place);

    for (const [key, daybook, limit] of [
      ['kurrent_read_p90_ms', read(ofPort), read(ofBare)],
      ['kurrent_read_missing_p90_ms', readMissing(ofPort), readMissing(ofBare)],
      ['kurrent_head_p90_ms', head(() => log.head()), end(() => bare.end())],
      ['kurrent_end_p90_ms', end(() => log.end()), end(() => bare.end())],
    ] as const) {
      if (!wanted(key)) continue;
      const taken = await inTurn(setting.runs, { daybook: () => slowest(calls, daybook), limit: () => slowest(calls, limit) }, cold);
      book.note(key, taken.daybook, taken.limit);
    }
  } finally {
    await log.close();
  }
}

/** The 90th percentile of the duration in milliseconds: one after the other or with pauses, whichever is slower. */
async function slowest(calls: number, subject: Subject): Promise<number> {
  return Math.max(await p90(calls, subject, 0), await p90(calls, subject, PAUSE_MS));
}

async function p90(calls: number, { prepare, call, check }: Subject, pauseMs: number): Promise<number> {
  const latencies: number[] = [];
  for (let nth = 0; nth < calls; nth++) {
    if (pauseMs > 0) await sleep(pauseMs);
    await prepare?.(nth);
    const sent = performance.now();
    const answer = await call(nth);
    latencies.push(performance.now() - sent);
    check(nth, answer);
  }
  return quantile(
    latencies.sort((a, b) => a - b),
    0.9,
  );
}

function missing(nth: number): Stream {
  return { type: 'deal', id: derivedId('bench', 'missing', String(nth)) };
}
