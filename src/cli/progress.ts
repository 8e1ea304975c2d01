/** The progress of a long task: a bar on a terminal, a line every few seconds elsewhere. */
import { count } from './table.js';

export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface Progress {
  update(done: number, total: number): void;
  /** Shows the last state and ends the line. */
  end(): void;
}

/** The time between two updates of the output, in milliseconds. */
const ON_TERMINAL = 100;
const ELSEWHERE = 3_000;
/** The width of a terminal that reports none, or 0 as on build servers. */
const ASSUMED_WIDTH = 80;

export interface ProgressOptions {
  /** The current time, in milliseconds since 1970. */
  readonly clock?: () => number;
  /** How much had been done before the task started. It does not count for the rate. */
  readonly from?: number;
  /** Shows only the percentage, since the units mean nothing to users. */
  readonly share?: boolean;
}

export function progress(stream: ProgressStream, label: string, options: ProgressOptions = {}): Progress {
  const { clock = Date.now, from = 0, share = false } = options;
  const terminal = stream.isTTY === true;
  const began = clock();
  let drawn = began;
  let last: string | undefined;
  let shown = true;

  const draw = (): void => {
    if (last === undefined) return;
    stream.write(terminal ? `\r\u001b[2K${last}` : `${last}\n`);
    shown = true;
  };
  return {
    update(done, total) {
      const now = clock();
      const width = terminal ? stream.columns || ASSUMED_WIDTH : undefined;
      last = describe({ label, done, total, from, seconds: (now - began) / 1000, width, shareAlone: share });
      shown = false;
      if (now - drawn < (terminal ? ON_TERMINAL : ELSEWHERE)) return;
      drawn = now;
      draw();
    },
    end() {
      if (!shown) draw();
      if (terminal && last !== undefined) stream.write('\n');
    },
  };
}

/** Shows nothing. */
export const silent: Progress = { update: () => undefined, end: () => undefined };

/** `Import [#####     ]  42 %, 5,130 of 12,211, 4,900/s, 1 s left`; no bar without a width. */
function describe(state: {
  readonly label: string;
  readonly done: number;
  readonly total: number;
  readonly from: number;
  readonly seconds: number;
  readonly width: number | undefined;
  readonly shareAlone: boolean;
}): string {
  const { label, done, total, from, seconds, width, shareAlone } = state;
  const share = total === 0 ? 1 : Math.min(1, done / total);
  const rate = seconds > 0 ? Math.max(0, done - from) / seconds : 0;
  const left = done >= total ? '' : rate > 0 ? `, ${duration((total - done) / rate)} left` : '';
  const counted = shareAlone ? '' : `, ${count(done)} of ${count(total)}, ${count(Math.round(rate))}/s`;
  const figures = `${String(Math.floor(share * 100)).padStart(3)} %${counted}${left}`;
  if (width === undefined) return `${label}: ${figures.trim()}`;
  const room = Math.min(30, width - label.length - figures.length - 6);
  if (room < 5) return `${label} ${figures}`.slice(0, Math.max(width - 1, 1));
  return `${label} [${'#'.repeat(Math.round(share * room)).padEnd(room)}] ${figures}`;
}

/** `5 min 12 s` */
export function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  return minutes < 60 ? `${minutes} min ${whole % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
