/** Parses the connection string. It is validated before the client sees it, whose error messages would contain the password. */
import { LogUnavailable } from '../port.js';

/** Where a server listens. */
export interface Host {
  readonly host: string;
  readonly port: number;
}

export interface Address {
  /**
   * The connection string of the nth client. It differs slightly for each, because clients with equal options share connections, even broken
   * ones. It may contain a password: it is never shown.
   * @param node the leader, or the node preference of the connection string
   */
  readonly secret: (node: 'leader' | 'preferred', nth: number) => string;
  /** The same without user, password and options, for people. */
  readonly shown: string;
  /** The hosts of the connection string. */
  readonly hosts: readonly Host[];
  readonly tls: boolean;
  /** The file with the certificates of trusted authorities. Defaults to the system's. */
  readonly caFile: string | undefined;
  /** Whether the server's certificate has to be valid. */
  readonly verifies: boolean;
  /** Whether the connection string prefers the leader. */
  readonly fromLeader: boolean;
}

const FORM = /^(?:esdb|kurrentdb|kurrent|kdb)(\+discover)?:\/\/(?:([^@]+)@)?([^/?@]+)\/?(?:\?(.*))?$/;

/** The client's options, as it compares them: in lower case, without dashes. */
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

/** The client's first read waits ten times this interval before discovery, in milliseconds. */
const DISCOVERY_INTERVAL = 'discoveryInterval=10';

/** The client's default ping timeout, in milliseconds. */
const KEEP_ALIVE_TIMEOUT_MS = 10_000;

/**
 * Options for TLS, users and nodes are passed through unchanged.
 * @throws LogUnavailable when it is not a connection string of EventStoreDB or KurrentDB, or has an unknown option.
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
  const unknown = options.find((option) => !OPTIONS.has(nameOf(option)) || !option.includes('='));
  if (unknown !== undefined) {
    throw new LogUnavailable(
      `The connection string of the event log has an option that EventStoreDB's client does not know: "${unknown.split('=')[0] ?? ''}".`,
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

/** The default port. */
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
