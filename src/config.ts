/** Every setting, once: its name in the file, its name in the environment, what is allowed, what it is when nobody sets it. */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { KnownError } from './kernel/known-error.js';
import { messageOf } from './kernel/message-of.js';

/** The configuration can't be used. The message names every setting that is wrong and what is allowed. */
export class InvalidConfig extends KnownError {
  override readonly name = 'InvalidConfig';
  readonly code = 'INVALID_CONFIG';
}

const loopback: readonly string[] = ['127.0.0.1', '::1', 'localhost'];

/** A whole number, from a file or as the text of a variable. */
function whole(min: number, max: number) {
  const allowed = `a whole number from ${min} to ${max}`;
  const number = z.number(allowed).int(allowed).min(min, allowed).max(max, allowed);
  return z.preprocess((value) => (typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value), number);
}

const flag = z.union([z.stringbool(), z.boolean()], { error: 'true or false' });

/** What the settings say of an engine that is in the data folder. */
export const EMBEDDED = 'embedded';

/** Where an engine is: in the data folder, or elsewhere. What was given is never repeated: it may hold a password. */
function engine(allowed: string, form: RegExp) {
  return z
    .string(allowed)
    .refine((value) => value === EMBEDDED || form.test(value), allowed)
    .default(EMBEDDED);
}

const settings = {
  dataDir: z
    .string()
    .min(1)
    .default('data')
    .describe('Folder of the event log, the read models and the rejects of imports; made when absent.'),
  logUrl: engine(
    'embedded, or a connection string such as kurrentdb://host:2113?tls=true or esdb://host:2113',
    /^(esdb|kurrentdb|kurrent|kdb)(\+discover)?:\/\//,
  ).describe('The event log: the file in the data folder, or EventStoreDB or KurrentDB by its connection string.'),
  logPrefix: z
    .string()
    .regex(/^([A-Za-z0-9_.]{0,39}[_.])?$/, 'at most 40 letters, digits, "_" or ".", with "_" or "." at the end')
    .default('')
    .describe('What the names of streams begin with in EventStoreDB or KurrentDB, so that several Daybooks share a server.'),
  viewsUrl: engine('embedded, or a connection string such as mongodb://host:27017/daybook', /^mongodb(\+srv)?:\/\//).describe(
    'The read models: the file in the data folder, or MongoDB by its connection string, which names the database.',
  ),
  role: z
    .string()
    .regex(/^(api|projector|policies)(,(api|projector|policies))*$/, 'api, projector and policies, or some of them, parted by commas')
    .default('api,projector,policies')
    .describe('What this process does: serve GraphQL, project, run process managers. Health and metrics are served always.'),
  host: z
    .union([z.ipv4(), z.ipv6(), z.literal('localhost')], 'an IP address or localhost')
    .default('127.0.0.1')
    .describe('Address to serve on. Another than loopback needs `exposed`.'),
  exposed: flag
    .default(false)
    .describe(
      'Serve on an address that others can reach. Until access control exists, whoever reaches it may do everything: for containers whose port is published on loopback alone.',
    ),
  port: whole(0, 65_535).default(4000).describe('TCP port; 0 takes a free one.'),
  logLevel: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')
    .describe('Least level of the log lines on standard error.'),
  defaultActor: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_.@:-]{0,99}$/, 'a user id: 1 to 100 letters, digits or "_.@:-"')
    .default('local')
    .describe('Who acts when a request does not say so in its x-daybook-actor header.'),
  introspection: flag
    .default(process.env['NODE_ENV'] !== 'production')
    .describe('Whether GraphQL tells its schema and the GraphiQL page is served. On unless NODE_ENV is production.'),
  stateCache: whole(0, 10_000_000).default(10_000).describe('Records whose state the command pipeline keeps in memory; 0 loads each time.'),
  readerThreads: whole(0, 64).default(2).describe('Threads that answer lists and summaries; 0 answers them on the server thread.'),
  projectionPage: whole(1, 20_000).default(5_000).describe('Events folded and committed together while a read model catches up.'),
  cutOver: z
    .enum(['auto', 'manual'], 'auto or manual')
    .default('auto')
    .describe('Whether a build of a read model that has caught up becomes the live one by itself, or by `daybook projections cutover`.'),
  rebuildShare: whole(1, 100)
    .default(50)
    .describe('Part of its time that the projector gives to builds which are behind while events arrive, in percent.'),
  rebuildPartitions: whole(1, 64)
    .default(1)
    .describe(
      'Parts, by the keys of documents, that a rebuild of one read model on MongoDB is divided into, for as many projector processes to share.',
    ),
  retiredBuilds: whole(0, 10).default(1).describe('Builds that were live before and are kept of each read model, to roll back to.'),
  parkedLimit: whole(0, 1_000_000).default(1_000).describe('Documents of a read model that may wait as dead letters before it stops.'),
  minPositionTimeoutMs: whole(0, 60_000).default(5_000).describe('How long a query waits for the position it asks for, in milliseconds.'),
  policyPatienceMs: whole(0, 60_000)
    .default(5_000)
    .describe('How long a mutation waits for what process managers answer to it, in milliseconds.'),
  readyLagMs: whole(0, 600_000)
    .default(2_000)
    .describe('How long a read model may be behind the log before /health/ready says no, in milliseconds.'),
  requestTimeoutMs: whole(100, 600_000).default(30_000).describe('How long a request may take, in milliseconds.'),
  bodyLimitBytes: whole(1_000, 100_000_000).default(1_000_000).describe('Largest request body, or message of a websocket, in bytes.'),
  sockets: whole(0, 100_000).default(1_000).describe('Websockets that are served at once; 0 serves none.'),
  subscriptionsPerSocket: whole(1, 10_000).default(50).describe('Subscriptions that one websocket may hold at once.'),
  socketPingMs: whole(100, 600_000)
    .default(15_000)
    .describe('How often a websocket is asked whether it is there, in milliseconds; one that has not answered by the next time is ended.'),
  slowClientMs: whole(100, 600_000)
    .default(10_000)
    .describe('How long a subscriber may leave what it was sent untaken, in milliseconds, before `slowClientEvents` counts.'),
  slowClientEvents: whole(0, 1_000_000)
    .default(1_000)
    .describe('Events that may wait for such a subscriber; with more, its subscription is ended with where to resume.'),
} as const;

const schema = z.strictObject(settings);
export type Config = Readonly<z.infer<typeof schema>>;
type Setting = keyof Config;

export type Role = 'api' | 'projector' | 'policies';

/** Whether a process with this configuration does that. */
export function hasRole({ role }: Pick<Config, 'role'>, wanted: Role): boolean {
  return role.split(',').includes(wanted);
}

/** `dataDir` is DAYBOOK_DATA_DIR. */
function variable(setting: string): string {
  return `DAYBOOK_${setting.replace(/([A-Z])/g, '_$1').toUpperCase()}`;
}

/** Names of variables that platforms set, and that count where Daybook's own are not set. */
const aliases: Readonly<Record<string, Setting>> = { LOG_URL: 'logUrl', VIEWS_URL: 'viewsUrl' };

/** The settings as a list for people: file key, variable, default, meaning. */
export function describeSettings(): readonly {
  readonly key: string;
  readonly variable: string;
  readonly fallback: string;
  readonly meaning: string;
}[] {
  return Object.entries(settings).map(([key, type]) => ({
    key,
    variable: variable(key),
    fallback: String(type.def.defaultValue),
    meaning: type.description ?? '',
  }));
}

/** The settings as the table of docs/configuration.md. */
export function settingsTable(): string {
  const rows = describeSettings().map(
    ({ key, variable: name, fallback, meaning }) => `| \`${key}\` | \`${name}\` | ${fallback} | ${meaning} |`,
  );
  return ['| in the file | in the environment | default | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

/**
 * The configuration: command-line values over environment variables over the file over defaults.
 * The file is `daybook.yaml` in the working folder, or what DAYBOOK_CONFIG names; it may be absent unless named.
 * @throws InvalidConfig that names every wrong or unknown setting.
 */
export function loadConfig(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  overrides: Partial<Record<Setting, unknown>> = {},
): Config {
  const problems: string[] = [];
  const origin = new Map<string, string>();
  const values: Record<string, unknown> = {};
  const byVariable = new Map(Object.keys(settings).map((setting) => [variable(setting), setting]));
  const file = environment['DAYBOOK_CONFIG'] ?? 'daybook.yaml';
  for (const [key, value] of Object.entries(readFile(file, environment['DAYBOOK_CONFIG'] !== undefined))) {
    if (!(key in settings)) problems.push(`${key} in ${file} is not a setting; there are ${Object.keys(settings).join(', ')}`);
    else {
      values[key] = value;
      origin.set(key, `${key} in ${file}`);
    }
  }
  for (const [name, setting] of Object.entries(aliases)) {
    if (environment[name] !== undefined && environment[variable(setting)] === undefined) {
      values[setting] = environment[name];
      origin.set(setting, name);
    }
  }
  for (const [name, value] of Object.entries(environment)) {
    if (!name.startsWith('DAYBOOK_') || name === 'DAYBOOK_CONFIG' || value === undefined) continue;
    const key = byVariable.get(name);
    if (!key) problems.push(`${name} is not a setting; there are ${[...byVariable.keys()].join(', ')}`);
    else {
      values[key] = value;
      origin.set(key, name);
    }
  }
  for (const [key, value] of Object.entries(overrides)) {
    if (value === undefined) continue;
    values[key] = value;
    origin.set(key, `--${key.replace(/([A-Z])/g, '-$1').toLowerCase()}`);
  }

  const parsed = schema.safeParse(values);
  if (!parsed.success) {
    for (const { path, message } of parsed.error.issues) {
      const key = String(path[0] ?? '');
      problems.push(`${origin.get(key) ?? key}: expected ${message.replace(/^Invalid (input|option): expected /, '')}`);
    }
  }
  const { host = '127.0.0.1', exposed = false } = parsed.data ?? {};
  if (!exposed && !loopback.includes(host)) {
    problems.push(
      `${origin.get('host') ?? 'host'}: ${host} can be reached by others, and there is no access control yet; set exposed to allow it`,
    );
  }
  if (!parsed.success || problems.length > 0) throw new InvalidConfig(`The configuration can't be used: ${problems.join('; ')}.`);
  return { ...parsed.data, dataDir: resolve(parsed.data.dataDir) };
}

/** A setting's value for people: of a connection string nothing but where it leads. */
export function shownSetting(value: unknown): string {
  const text = String(value);
  const [, scheme, hosts] = /^([a-z+]+:\/\/)(?:.*@)?([^/?]*)/.exec(text) ?? [];
  return scheme === undefined ? text : `${scheme}${hosts}`;
}

function readFile(file: string, required: boolean): Readonly<Record<string, unknown>> {
  if (!required && !existsSync(file)) return {};
  let parsed: unknown;
  try {
    parsed = parseYaml(readFileSync(file, 'utf8')) ?? {};
  } catch (cause) {
    throw new InvalidConfig(`The configuration file ${file} can't be read: ${messageOf(cause)}`, {
      cause,
    });
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new InvalidConfig(`The configuration file ${file} must hold settings, one \`name: value\` a line.`);
  }
  return parsed as Readonly<Record<string, unknown>>;
}
