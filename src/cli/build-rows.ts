/** How the command line shows builds of read models: as a table or as JSON. */
import type { Position } from '../kernel/event.js';
import { buildName } from '../views/port/build-identity.js';
import type { BuildRecord } from '../views/port/builds.js';
import type { HeldLease } from '../leases/port.js';
import { rateNow, secondsLeft } from '../views/serving/progress.js';
import { duration } from './progress.js';
import { count, plain, table, type Column } from './table.js';

/** A build, with the end of the log and the projector at the same time. */
export interface BuildRow {
  readonly record: BuildRecord;
  /** The position of the last event of the log. */
  readonly head: Position;
  /** The lease of the process that projects it. */
  readonly lease: HeldLease | undefined;
}

/** A build as JSON. */
export function jsonOfBuild({ record, head, lease }: BuildRow): object {
  const { name, version, number, state, position, events, startedAt, finishedAt, servedAt, deadLetters, error } = record;
  return {
    readModel: name,
    version,
    number,
    state,
    position,
    head,
    behind: behind({ record, head }),
    events,
    rate: rateNow(record),
    secondsLeft: secondsLeft(record, head),
    startedAt,
    finishedAt,
    servedAt,
    deadLetters,
    error,
    projector: lease ? { ...holderOf(lease), until: lease.until } : null,
  };
}

export function tableOfBuilds(rows: readonly BuildRow[], width: number | undefined): string {
  const lines = table(columns, rows, { width });
  const stopped = rows.filter(({ record }) => record.error !== null);
  return `${lines}${stopped.map(({ record }) => `\n${buildName(record)} has stopped: ${plain(record.error ?? '')}\n`).join('')}`;
}

/** `process 4711 on host` */
export function projectorName(lease: HeldLease): string {
  const { host, process } = holderOf(lease);
  return process === null ? plain(host) : `process ${process} on ${plain(host)}`;
}

const columns: readonly Column<BuildRow>[] = [
  { title: 'build', value: ({ record }) => buildName(record) },
  { title: 'state', value: ({ record }) => record.state },
  { title: 'position', value: ({ record, head }) => `${count(record.position)} of ${count(Math.max(head, record.position))}`, right: true },
  { title: 'behind', value: (row) => behind(row), right: true },
  { title: 'events', value: ({ record }) => record.events, right: true, spare: 3 },
  { title: 'events/s', value: ({ record }) => rateNow(record) || null, right: true, spare: 1 },
  { title: 'left', value: (row) => timeLeft(row), right: true },
  { title: 'dead letters', value: ({ record }) => record.deadLetters, right: true },
  { title: 'started', value: ({ record }) => moment(record.startedAt), spare: 4 },
  { title: 'finished', value: ({ record }) => moment(record.finishedAt), spare: 2 },
  { title: 'projected by', value: ({ lease }) => (lease ? projectorName(lease) : 'nobody'), spare: 5 },
];

function behind({ record, head }: Pick<BuildRow, 'record' | 'head'>): number {
  return Math.max(0, head - record.position);
}

/** The time until a build has caught up; null if it has, or if the time is unknown. */
function timeLeft({ record, head }: BuildRow): string | null {
  const seconds = secondsLeft(record, head);
  return seconds === null || seconds === 0 ? null : duration(seconds);
}

/** An instant to the second, in UTC. */
function moment(instant: string | null): string | null {
  return instant === null ? null : `${instant.slice(0, 19)}Z`;
}

function holderOf({ holder }: HeldLease): { readonly host: string; readonly process: number | null } {
  const [host = holder, id] = holder.split(' ');
  return { host, process: id === undefined ? null : Number(id) };
}
