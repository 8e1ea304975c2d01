/** What is measured: every key with its meaning, its limit and its target. The table and docs/performance.md are made of this list. */

export interface Metric {
  readonly key: string;
  readonly unit: string;
  /** What the figure is. */
  readonly meaning: string;
  /** What does the same in the same run, as fast as these engines do it; the ratio is to this. */
  readonly limit?: string;
  readonly target?: Target;
}

/** `ratio`: of the figure to its limit, at least; `ratioAtMost`: at most. */
export type Target =
  { readonly atLeast: number } | { readonly atMost: number } | { readonly ratio: number } | { readonly ratioAtMost: number };

const ALONE = 'The same with prepared SQLite statements on a plain events table, one durable commit each';
const BARE = 'The client of EventStoreDB and KurrentDB by itself';
const IN_ORDER =
  'appends the first 4,000 of the same events in order: where the server takes that, 500 at a time to several streams, otherwise one after the other';

export const metrics: readonly Metric[] = [
  {
    key: 'w1_seq_cmd_s',
    unit: 'commands/s',
    meaning:
      'In process, one after the other: load the stream, decide, append one event at that revision, durably. Without the state cache.',
    limit: ALONE,
    target: { ratio: 0.4 },
  },
  {
    key: 'w1_c64_cmd_s',
    unit: 'commands/s',
    meaning: 'The same, 64 at a time on different streams.',
    limit: 'The same with prepared SQLite statements, 64 commands to a durable commit',
    target: { ratio: 0.25 },
  },
  { key: 'w1_cached_seq_cmd_s', unit: 'commands/s', meaning: 'One after the other with the state cache, as the server runs them.' },
  {
    key: 'w1_http_seq_cmd_s',
    unit: 'commands/s',
    meaning: "GraphQL mutations of a server's opportunities over one connection, one after the other.",
  },
  { key: 'w1_http_c64_cmd_s', unit: 'commands/s', meaning: 'The same over 64 connections, on different opportunities.' },
  {
    key: 'w2_batch100_ev_s',
    unit: 'events/s',
    meaning: 'Durable appends of 100 events, each to a new stream.',
    limit: `${ALONE.replace(', one durable commit each', '')}, a durable commit for each 100`,
    target: { ratio: 0.6 },
  },
  {
    key: 'w3_rebuild_ev_s',
    unit: 'events/s',
    meaning: 'Two read models from empty: a document per deal with its stage history, and one per month and owner. Without kept versions.',
    limit: 'Read the plain table, fold in memory, write the changed documents every 5,000 events',
    target: { atLeast: 100_000 },
  },
  {
    key: 'w3_rebuild_versions_ev_s',
    unit: 'events/s',
    meaning: 'The same with every version of every document kept.',
    limit: 'The same, with each superseded document written beside',
    target: { atLeast: 40_000 },
  },
  {
    key: 'w3_beside_versions_ev_s',
    unit: 'events/s',
    meaning: 'The same again, beside the builds that are live, until the new ones have taken over.',
  },
  {
    key: 'w3_ten_ev_s',
    unit: 'events/s',
    meaning: 'Ten read models in one pass over the log: five of each of these two. Without kept versions.',
  },
  {
    key: 'w3_rss_mb',
    unit: 'MB',
    meaning: 'The most resident memory of a process that builds both with kept versions and does nothing else.',
  },
  {
    key: 'w4_load_s',
    unit: 'streams/s',
    meaning: 'Load and fold one stream of 11 events, streams picked at random.',
    limit: 'A prepared SQLite statement and the same fold',
    target: { atLeast: 10_000 },
  },
  {
    key: 'w4_scan_ev_s',
    unit: 'events/s',
    meaning: 'Read the whole log in order, parsed.',
    limit: 'A prepared SQLite statement in pages, parsed',
    target: { atLeast: 150_000 },
  },
  {
    key: 'lag_p50_ms',
    unit: 'ms',
    meaning: 'From an acknowledged command to the answer of a query that shows it, at 500 commands/s: the median.',
  },
  { key: 'lag_p99_ms', unit: 'ms', meaning: 'The same: 99 of 100 are quicker.', target: { atMost: 50 } },
  {
    key: 'lag_rebuild_p50_ms',
    unit: 'ms',
    meaning: 'The same while all read models are built anew beside, with the default `rebuildShare`: the median.',
    target: { atMost: 50 },
  },
  { key: 'lag_rebuild_p99_ms', unit: 'ms', meaning: 'The same: 99 of 100 are quicker.' },
  {
    key: 'g1_list_rps',
    unit: 'requests/s',
    meaning:
      'GraphQL over HTTP: 50 rows of 8 fields, filtered by stage, sorted by amount, of 20,000; 32 connections, load from another process.',
    limit: 'The smallest Apollo Server (its standalone server) over a plain SQLite table of the same rows',
  },
  { key: 'g1_list_p99_ms', unit: 'ms', meaning: 'How long 99 of 100 of these take at most.', limit: 'The same server' },
  { key: 'g2_one_rps', unit: 'requests/s', meaning: 'One record by id, 8 fields; 32 connections.', limit: 'The same server' },
  { key: 'g2_one_p99_ms', unit: 'ms', meaning: 'How long 99 of 100 of these take at most.', limit: 'The same server' },
  {
    key: 'list_ms',
    unit: 'ms',
    meaning: 'A list of 50, filtered by stage and sorted by amount, in the store as it is now; 200,000 kept versions.',
    target: { atMost: 1 },
  },
  { key: 'asof_recent_ms', unit: 'ms', meaning: 'The same as of just before now.' },
  { key: 'asof_week_ms', unit: 'ms', meaning: 'The same as of last week, 1 of 52 in which the log came about.', target: { atMost: 20 } },
  { key: 'asof_half_ms', unit: 'ms', meaning: 'The same as of the middle of the log.' },
  { key: 'asof_first_ms', unit: 'ms', meaning: 'The same as of its beginning.' },
  {
    key: 'large_rss_mb',
    unit: 'MB',
    meaning: '`w3_rss_mb` of a log of 2,000,000 events.',
    limit: 'The same process on 200,000 events',
    target: { ratioAtMost: 1.2 },
  },
  {
    key: 'large_rebuild_versions_ev_s',
    unit: 'events/s',
    meaning: 'How fast that process builds both read models of 2,000,000 events with kept versions.',
    limit: 'The same process on 200,000 events',
  },
  {
    key: 'large_list_ms',
    unit: 'ms',
    meaning: '`list_ms` with 2,000,000 kept versions, and ten times as many deals.',
    target: { atMost: 1 },
  },
  { key: 'large_asof_recent_ms', unit: 'ms', meaning: '`asof_recent_ms` with 2,000,000 kept versions.' },
  {
    key: 'large_asof_week_ms',
    unit: 'ms',
    meaning: '`asof_week_ms` with 2,000,000 kept versions, ten times as many of which are of the last week.',
    target: { atMost: 20 },
  },
  { key: 'large_asof_half_ms', unit: 'ms', meaning: '`asof_half_ms` with 2,000,000 kept versions.' },
  { key: 'large_asof_first_ms', unit: 'ms', meaning: '`asof_first_ms` with 2,000,000 kept versions.' },
  { key: 'start_ms', unit: 'ms', meaning: '`npm start` on 200,000 events until /health/ready says yes.' },
  { key: 'rss_mb', unit: 'MB', meaning: 'Resident memory of the server after the queries and commands above.' },
  {
    key: 'disk_log_bytes_per_event',
    unit: 'bytes',
    meaning: 'The log on disk, with its indexes, for each event.',
    target: { atMost: 450 },
  },
  { key: 'disk_log_index_bytes_per_event', unit: 'bytes', meaning: 'The indexes and the tables of names among them.' },
  { key: 'disk_bytes_per_event', unit: 'bytes', meaning: 'Log and all read models with their kept versions on disk, for each event.' },
  {
    key: 'seal_append_us',
    unit: 'µs',
    meaning: 'Encrypt 167 bytes of JSON as a sealed part of an event.',
    target: { atMost: 7 },
  },
  { key: 'seal_open_us', unit: 'µs', meaning: 'Open such a part.', target: { atMost: 6 } },
  {
    key: 'seal_rebuild_ev_s',
    unit: 'events/s',
    meaning: 'Rebuild the list of contacts, whose events have a sealed part each.',
    limit: 'The same from a log whose events are not sealed',
  },
  {
    key: 'import_olist_s',
    unit: 's',
    meaning: 'Import of the Olist marketing funnel, 8,000 leads and 842 deals, through the commands.',
    target: { atMost: 15 },
  },
  { key: 'import_olist_rss_mb', unit: 'MB', meaning: 'The most resident memory that this import takes.', target: { atMost: 400 } },
  {
    key: 'start_olist_ms',
    unit: 'ms',
    meaning: '`npm start` on the imported data until /health/ready says yes.',
    target: { atMost: 3_000 },
  },
  {
    key: 'kurrent_read_p90_ms',
    unit: 'ms',
    meaning:
      'With `--log`: how long the port takes at most to read a stream of 11 events, 9 times of 10; the slower of 200 reads without and 200 with pauses of 5 ms.',
    limit: `${BARE} reads the same streams`,
    target: { atMost: 10 },
  },
  {
    key: 'kurrent_read_missing_p90_ms',
    unit: 'ms',
    meaning: 'With `--log`: the same of streams that are not there.',
    limit: `${BARE} reads the same streams`,
    target: { atMost: 10 },
  },
  {
    key: 'kurrent_head_p90_ms',
    unit: 'ms',
    meaning: 'With `--log`: the same of the port asked for its last event, each time after another process has appended one.',
    limit: `${BARE} reads the last record of all`,
    target: { atMost: 10 },
  },
  {
    key: 'kurrent_end_p90_ms',
    unit: 'ms',
    meaning: 'With `--log`: the same of the port asked where the log ends.',
    limit: `${BARE} reads the last record of all`,
    target: { atMost: 10 },
  },
  {
    key: 'kurrent_one_ratio',
    unit: 'appends',
    meaning:
      'With `--log`: `kurrent_one_p50_ms` in appends of the client by itself. A ratio is taken of each turn; the median of those is told.',
    target: { atMost: 2.5 },
  },
  {
    key: 'kurrent_one_p50_ms',
    unit: 'ms',
    meaning: 'With `--log`: `registerLead` over HTTP over one connection, one after the other, on a real server: the median.',
    limit: `${BARE} appends the same events one after the other, the median`,
  },
  {
    key: 'kurrent_one_p90_ms',
    unit: 'ms',
    meaning: 'With `--log`: the same: 9 of 10 are quicker.',
    limit: 'The same: 9 of 10 are quicker',
  },
  {
    key: 'kurrent_c64_ratio',
    unit: 'of its rate',
    meaning: 'With `--log`: `kurrent_c64_cmd_s` as a part of what the client does by itself, taken of each turn.',
    target: { atLeast: 0.35 },
  },
  {
    key: 'kurrent_c64_cmd_s',
    unit: 'commands/s',
    meaning: 'With `--log`: `registerLead` over 64 connections at once.',
    limit: `${BARE} appends the same events, 64 at once`,
  },
  {
    key: 'kurrent_c64_back_ratio',
    unit: 'of its rate',
    meaning: 'With `--log`: `kurrent_c64_back_cmd_s` as a part of what the client does by itself, taken of each turn.',
  },
  {
    key: 'kurrent_c64_back_cmd_s',
    unit: 'commands/s',
    meaning: 'With `--log`: the same, each answered with the record as the read model has it then.',
    limit: `${BARE} appends the same events, 64 at once`,
  },
  {
    key: 'kurrent_import_cmd_s',
    unit: 'commands/s',
    meaning: 'With `--log`: import of 4,000 leads and 400 deals in the form of the Olist marketing funnel, through 6,001 commands.',
    limit: `${BARE} appends the events that this makes, 64 at once`,
    target: { atLeast: 1_500 },
  },
  {
    key: 'kurrent_history_ev_s',
    unit: 'events/s',
    meaning:
      'With `--log`: the same import with `--as-history`. To reach 1,500 where the server takes appends to several streams at a time.',
    limit: `${BARE} ${IN_ORDER}`,
    target: { ratio: 0.8 },
  },
  {
    key: 'kurrent_demo_cmd_s',
    unit: 'commands/s',
    meaning: 'With `--log`: `daybook demo`, 8,973 commands.',
    limit: `${BARE} ${IN_ORDER}`,
    target: { atLeast: 1_500 },
  },
  {
    key: 'kurrent_migrate_ev_s',
    unit: 'events/s',
    meaning:
      'With `--log`: `daybook migrate` of 6,336 events from a file, comparing both logs included. To reach 1,500 where the server takes appends to several streams at a time.',
    limit: `${BARE} ${IN_ORDER}`,
    target: { ratio: 0.8 },
  },
];
