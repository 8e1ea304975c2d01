/** The settings: names in the file and in the environment, allowed values, defaults, descriptions. */
import { existsSync, readFileSync } from 'node:fs';
import { resolve, sep } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { KnownError } from './kernel/known-error.js';
import { messageOf } from './kernel/message-of.js';
import { isTimeZone } from './kernel/time-zone.js';
import { MASTER_KEY_FORM, parseMasterKey } from './keys/master-key.js';

/** The configuration is invalid. The message names every invalid setting and the allowed values. */
export class InvalidConfig extends KnownError {
  override readonly name = 'InvalidConfig';
  readonly code = 'INVALID_CONFIG';
}

const loopback: readonly string[] = ['127.0.0.1', '::1', 'localhost'];

/** A whole number, as a number or as text. */
function whole(min: number, max: number) {
  const allowed = `a whole number from ${min} to ${max}`;
  const number = z.number(allowed).int(allowed).min(min, allowed).max(max, allowed);
  return z.preprocess((value) => (typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value), number);
}

const flag = z.union([z.stringbool(), z.boolean()], { error: 'true or false' });

/** The value of `logUrl` and `viewsUrl` for an engine in the data folder. */
export const EMBEDDED = 'embedded';

/** The value of `keysUrl` for the place that follows from where the data folder or the read models are. */
export const BESIDE = 'beside';

/** A key, which no message repeats; empty for none. */
function masterKey() {
  return z
    .string(MASTER_KEY_FORM)
    .refine((value) => value === '' || parseMasterKey(value) !== undefined, MASTER_KEY_FORM)
    .default('');
}

/** The address of an engine. Error messages don't repeat it: it may contain a password. */
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
    .describe('Folder of the event log, the read models and the rejects of imports. Created if missing.'),
  logUrl: engine(
    'embedded, or a connection string such as kurrentdb://host:2113?tls=true or esdb://host:2113',
    /^(esdb|kurrentdb|kurrent|kdb)(\+discover)?:\/\//,
  ).describe('The event log: the file in the data folder, or EventStoreDB or KurrentDB by its connection string.'),
  logPrefix: z
    .string()
    .regex(/^([A-Za-z0-9_.]{0,39}[_.])?$/, 'at most 40 letters, digits, "_" or ".", with "_" or "." at the end')
    .default('')
    .describe('Prefix of the stream names in EventStoreDB or KurrentDB, so that several Daybooks can share a server.'),
  viewsUrl: engine('embedded, or a connection string such as mongodb://host:27017/daybook', /^mongodb(\+srv)?:\/\//).describe(
    'The read models: the file in the data folder, or MongoDB by its connection string, which names the database.',
  ),
  keysUrl: z
    .string()
    .regex(
      /^(?:(?!mongodb)[^:]+|[A-Za-z]:[^:]+|mongodb(\+srv)?:\/\/[^/?]+\/[^/?]+(\?.*)?)$/,
      'beside, a folder, or a connection string that names a database, such as mongodb://host:27017/daybook_keys',
    )
    .default(BESIDE)
    .describe(
      'The keys of personal data: a folder, or MongoDB by a connection string that names a database for them alone. `beside`: the folder `<data folder>-keys`, or, if the read models are on MongoDB, the database `<their name>_keys` there.',
    ),
  masterKeyFile: z
    .string()
    .default('')
    .describe(
      'File of the master key, which wraps the other keys. Made at the first start. By default `master.key` in the folder of the keys, or, if they are on MongoDB, in `<data folder>-keys`.',
    ),
  masterKey: masterKey().describe('The master key itself instead of a file: 32 bytes as base64 text. Never shown.'),
  nextMasterKey: masterKey().describe('The next master key, for `daybook keys rotate`, if `masterKey` is set. Never shown.'),
  modules: z
    .string()
    .regex(/^[a-z]+(,[a-z]+)*$/, 'all, or names of contexts separated by commas')
    .default('all')
    .describe(
      'The contexts that this company uses: all, or names such as sales,parties. The others are left out of GraphQL, imports and reports.',
    ),
  role: z
    .string()
    .regex(/^(api|projector|policies)(,(api|projector|policies))*$/, 'one or more of api, projector and policies, separated by commas')
    .default('api,projector,policies')
    .describe('The roles of this process: serve GraphQL, project, run process managers. Health and metrics are always served.'),
  host: z
    .union([z.ipv4(), z.ipv6(), z.literal('localhost')], 'an IP address or localhost')
    .default('127.0.0.1')
    .describe('Address to serve on. An address other than loopback requires `exposed`.'),
  exposed: flag
    .default(false)
    .describe(
      'Allow an address that others can reach. There is no access control yet, so anyone who reaches it has full access. Meant for containers whose port is published on loopback only.',
    ),
  port: whole(0, 65_535).default(4000).describe('TCP port; 0 for any free port.'),
  logLevel: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')
    .describe('Minimum level of log lines on standard error.'),
  defaultActor: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_.:-]{0,99}$/, 'a user id: 1 to 100 letters, digits or "_.:-"')
    .default('local')
    .describe('The actor of requests without the header x-daybook-actor.'),
  timeZone: z
    .string()
    .refine(isTimeZone, 'a name of the IANA time zone database, such as UTC or Europe/Bucharest')
    .default('UTC')
    .describe("The company's time zone: for summaries by day or longer periods, and for days in `asOf`."),
  introspection: flag
    .default(process.env['NODE_ENV'] !== 'production')
    .describe('Whether GraphQL introspection and the GraphiQL page are enabled. Enabled unless NODE_ENV is production.'),
  stateCache: whole(0, 10_000_000)
    .default(10_000)
    .describe('Number of records whose state the command handler keeps in memory; 0 disables the cache.'),
  readerThreads: whole(0, 64).default(2).describe('Threads that run lists and summaries; 0 runs them on the main thread.'),
  projectionPage: whole(1, 20_000).default(5_000).describe('Events per commit while a read model catches up.'),
  cutOver: z
    .enum(['auto', 'manual'], 'auto or manual')
    .default('auto')
    .describe('Whether a new build of a read model goes live automatically when it has caught up, or by `daybook projections cutover`.'),
  rebuildShare: whole(1, 100)
    .default(50)
    .describe("Share of the projector's time for builds that are behind while events arrive, in percent."),
  rebuildPartitions: whole(1, 64)
    .default(1)
    .describe('Partitions of a rebuild on MongoDB, by document key. As many projector processes can share the work.'),
  retiredBuilds: whole(0, 10).default(1).describe('Number of retired builds of each read model that are kept for a rollback.'),
  deadLetterLimit: whole(0, 1_000_000).default(1_000).describe('Number of dead letters above which a build stops.'),
  minPositionTimeoutMs: whole(0, 60_000).default(5_000).describe('How long a query waits for its `minPosition`, in milliseconds.'),
  policyPatienceMs: whole(0, 60_000).default(5_000).describe('How long a mutation waits for process managers, in milliseconds.'),
  readyLagMs: whole(0, 600_000)
    .default(2_000)
    .describe('How long a read model may be behind the log before /health/ready fails, in milliseconds.'),
  requestTimeoutMs: whole(100, 600_000).default(30_000).describe('Time limit of a request, in milliseconds.'),
  bodyLimitBytes: whole(1_000, 100_000_000).default(1_000_000).describe('Maximum size of a request body or a websocket message, in bytes.'),
  sockets: whole(0, 100_000).default(1_000).describe('Maximum number of open websockets; 0 disables them.'),
  subscriptionsPerSocket: whole(1, 10_000).default(50).describe('Maximum number of subscriptions per websocket.'),
  socketPingMs: whole(100, 600_000)
    .default(15_000)
    .describe('Interval of websocket pings, in milliseconds. A websocket that has not answered by the next ping is closed.'),
  slowClientMs: whole(100, 600_000)
    .default(10_000)
    .describe('How long a subscriber may take none of its messages, in milliseconds, before `slowClientEvents` applies.'),
  slowClientEvents: whole(0, 1_000_000)
    .default(1_000)
    .describe('Number of waiting events above which such a subscription ends, with the position to resume from.'),
} as const;

const schema = z.strictObject(settings);
export type Config = Readonly<z.infer<typeof schema>>;
type Setting = keyof Config;

export type Role = 'api' | 'projector' | 'policies';

/** Whether a process with this configuration has a role. */
export function hasRole({ role }: Pick<Config, 'role'>, wanted: Role): boolean {
  return role.split(',').includes(wanted);
}

/** The environment variable of a setting: DAYBOOK_DATA_DIR for `dataDir`. */
function variable(setting: string): string {
  return `DAYBOOK_${setting.replace(/([A-Z])/g, '_$1').toUpperCase()}`;
}

/** Variables that platforms set, used when Daybook's own are not set. */
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
 * The file is `daybook.yaml` in the working directory, which is optional, or the file named by DAYBOOK_CONFIG.
 * @throws InvalidConfig with every invalid or unknown setting
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
    if (!(key in settings)) problems.push(`${key} in ${file} is not a setting; the settings are ${Object.keys(settings).join(', ')}`);
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
    if (!key) problems.push(`${name} is not a setting; the settings are ${[...byVariable.keys()].join(', ')}`);
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
  const { dataDir = '', keysUrl = '' } = parsed.data ?? {};
  if (
    parsed.success &&
    keysUrl !== BESIDE &&
    !keysUrl.includes('://') &&
    `${resolve(keysUrl)}${sep}`.startsWith(`${resolve(dataDir)}${sep}`)
  ) {
    problems.push(
      `${origin.get('keysUrl')}: ${keysUrl} is in the data folder; a backup of the log must not have the keys, so choose a folder apart`,
    );
  }
  const { masterKey: given = '', masterKeyFile = '', nextMasterKey: next = '' } = parsed.data ?? {};
  if (given !== '' && masterKeyFile !== '') {
    problems.push(`${origin.get('masterKeyFile')}: there is ${origin.get('masterKey')} too; give the master key or its file`);
  }
  if (given === '' && next !== '') {
    problems.push(`${origin.get('nextMasterKey')}: expected only with masterKey; a master key in a file is rotated without it`);
  }
  if (!parsed.success || problems.length > 0) throw new InvalidConfig(`The configuration is invalid: ${problems.join('; ')}.`);
  return { ...parsed.data, dataDir: resolve(parsed.data.dataDir) };
}

/** Settings whose value is never shown. */
const secrets: readonly string[] = ['masterKey', 'nextMasterKey'];

/** A setting's value for people: of a connection string only protocol and hosts, of a secret whether it is set. */
export function shownSetting(value: unknown, key?: string): string {
  if (key !== undefined && secrets.includes(key) && value !== '') return '(set, not shown)';
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
    throw new InvalidConfig(`The configuration file ${file} must have settings, one \`name: value\` per line.`);
  }
  return parsed as Readonly<Record<string, unknown>>;
}
