/** The connection string: checked before the client sees it, since the client prints what it doesn't know, passwords and all. */
import { LogUnavailable } from '../port.js';

/** Where a server listens. */
export interface Host {
  readonly host: string;
  readonly port: number;
}

export interface Address {
  /**
   * What the nth client connects with, a little different for each, since clients with the same options share their connections, dead
   * ones too. It may hold a password: it is never shown.
   * @param node the leader, whatever the connection string prefers, or what it prefers
   */
  readonly secret: (node: 'leader' | 'preferred', nth: number) => string;
  /** The same without user, password and options, for people. */
  readonly shown: string;
  /** As the connection string names them. */
  readonly hosts: readonly Host[];
  readonly tls: boolean;
  /** The file with the certificates of trusted authorities; the system's unless named. */
  readonly caFile: string | undefined;
  /** Whether the server's certificate has to be valid. */
  readonly verifies: boolean;
  /** The connection string prefers no other nodes than the leader. */
  readonly fromLeader: boolean;
}

const FORM = /^(?:esdb|kurrentdb|kurrent|kdb)(\+discover)?:\/\/(?:([^@]+)@)?([^/?@]+)\/?(?:\?(.*))?$/;

/** The client's options, as it compares them: in small letters, without dashes. */
const OPTIONS = new Set([
  'connectionname',
  'defaultdeadline',
  'discoveryinterval',
  'gossiptimeout',
  'keepaliveinterval',
  'keepalivetimeout',
  'maxdiscoverattempts',
  'nodepreference',
  'throwonappendfailure',
  'tls',
  'tlscafile',
  'tlsverifycert',
  'usercertfile',
  'userkeyfile',
]);

/** The client's first read waits ten times as long as this before it looks for a server, in milliseconds. */
const DISCOVERY_INTERVAL = 'discoveryInterval=10';

/** How long the client waits for the answer to a ping unless the connection string says, in milliseconds. */
const KEEP_ALIVE_TIMEOUT_MS = 10_000;

/**
 * Everything about TLS, users and nodes passes through as it is.
 * @throws LogUnavailable when it is no connection string of EventStoreDB or KurrentDB, or has an option that the client doesn't know.
 */
export function parseAddress(url: string): Address {
  const [, discover = '', user, hosts, query = ''] = FORM.exec(url.trim()) ?? [];
  if (hosts === undefined) {
    throw new LogUnavailable(
      'The address of the event log is not a connection string: expected kurrentdb://[user:password@]host:port[,host:port][?option=value].',
    );
  }
  const options = query.split('&').filter((option) => option !== '');
  const kept = options.filter((option) => nameOf(option) !== 'throwonappendfailure');
  const strange = options.find((option) => !OPTIONS.has(nameOf(option)) || !option.includes('='));
  if (strange !== undefined) {
    throw new LogUnavailable(
      `The connection string of the event log has an option that EventStoreDB's client does not know: "${strange.split('=')[0] ?? ''}".`,
    );
  }
  if (!kept.some((option) => nameOf(option) === 'discoveryinterval')) kept.push(DISCOVERY_INTERVAL);
  const protocol = `kurrentdb${discover}`;
  const own = kept.find((option) => nameOf(option) === 'keepalivetimeout');
  const keepAliveTimeout = own === undefined ? KEEP_ALIVE_TIMEOUT_MS : Number(own.split('=')[1]);
  const preference = kept.find((option) => nameOf(option) === 'nodepreference');
  return {
    secret: (node, nth) => {
      const wanted = node === 'leader' ? kept.filter((option) => option !== preference) : kept;
      const different =
        keepAliveTimeout > 0 ? [...wanted.filter((option) => option !== own), `keepAliveTimeout=${keepAliveTimeout + nth}`] : wanted;
      return `${protocol}://${user === undefined ? '' : `${user}@`}${hosts}?${different.join('&')}`;
    },
    shown: `${protocol}://${hosts}`,
    hosts: hosts.split(',').map(toHost),
    tls: valueOf(kept, 'tls')?.toLowerCase() !== 'false',
    caFile: valueOf(kept, 'tlscafile'),
    verifies: valueOf(kept, 'tlsverifycert')?.toLowerCase() !== 'false',
    fromLeader: preference === undefined || /=\s*leader\s*$/i.test(preference),
  };
}

/** The port that a server listens at unless it is told otherwise. */
const PORT = 2113;

function toHost(text: string): Host {
  const [, host = text, port = PORT] = /^(.*?):(\d+)$/.exec(text) ?? [];
  return { host, port: Number(port) };
}

function valueOf(options: readonly string[], name: string): string | undefined {
  const option = options.find((one) => nameOf(one) === name);
  return option?.slice(option.indexOf('=') + 1).trim();
}

function nameOf(option: string): string {
  return (option.split('=')[0] ?? '').trim().toLowerCase().replace(/[_-]/g, '');
}
