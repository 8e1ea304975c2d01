/** Diagnoses why a server can't be reached, by connecting to it again: the client's own errors are unclear. */
import { readFileSync } from 'node:fs';
import { connect as connectPlainly, isIP, type Socket } from 'node:net';
import { connect as connectByTls, type PeerCertificate } from 'node:tls';
import { messageOf } from '../../kernel/message-of.js';
import type { Address, Host } from './address.js';

/** How long a server may take to answer, in milliseconds. */
const PATIENCE_MS = 2_000;

/** OpenSSL's codes for an unknown certificate authority. */
const UNTRUSTED = /SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)|CERT_SIGNATURE_FAILURE|CERT_UNTRUSTED/;

/** The fault of the first host and what to do, if all hosts have a fault; otherwise undefined. */
export async function connectionFault(address: Address): Promise<string | undefined> {
  const faults = await Promise.all(address.hosts.map((host) => (address.tls ? faultByTls(host, address) : faultPlainly(host))));
  return faults.includes(undefined) ? undefined : faults[0];
}

async function faultByTls({ host, port }: Host, { caFile, verifies }: Address): Promise<string | undefined> {
  const at = `${host}:${port}`;
  const error = await failureOf(() =>
    connectByTls({
      host,
      port,
      ALPNProtocols: ['h2'],
      rejectUnauthorized: verifies,
      ...(isIP(host) > 0 ? {} : { servername: host }),
      ...(caFile === undefined ? {} : { ca: readFileSync(caFile) }),
    }),
  );
  if (!error) return undefined;
  const code = error.code ?? '';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const names = error.cert?.subjectaltname?.replaceAll(/(DNS|IP Address):/g, '') ?? 'no name';
    return `the certificate of ${at} is for another host (${names}). Use a host name of the certificate`;
  }
  if (UNTRUSTED.test(code)) {
    return `the authority that certified ${at} is not trusted (${code}). Set tlsCaFile in the connection string to the file with its certificate`;
  }
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') {
    return `the certificate of ${at} is not valid at present (${code}). Renew it, or check the clocks`;
  }
  if (code.startsWith('ERR_SSL') || code === 'EPROTO' || code === 'ECONNRESET') {
    return `${at} does not answer by TLS (${code}). If the server does not use TLS, set tls=false in the connection string`;
  }
  return unreachable(at, error);
}

async function faultPlainly({ host, port }: Host): Promise<string | undefined> {
  const at = `${host}:${port}`;
  const error = await failureOf(() => connectPlainly({ host, port }));
  if (error) return unreachable(at, error);
  const refused = await failureOf(() => connectByTls({ host, port, ALPNProtocols: ['h2'], rejectUnauthorized: false }));
  return refused ? undefined : `${at} uses TLS, but the connection string has tls=false. Set tls=true`;
}

function unreachable(at: string, { code, message }: Failure): string | undefined {
  if (code === 'ECONNREFUSED') return `nothing listens at ${at}. Check that the server is running, and its port`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `the host name in ${at} can't be resolved. Check its spelling, and DNS`;
  if (code === 'ETIMEDOUT') return undefined;
  return `${at} can't be reached (${code ?? message})`;
}

interface Failure {
  readonly code?: string;
  readonly message: string;
  /** The server's certificate. */
  readonly cert?: PeerCertificate;
}

/** The error of a connection attempt; undefined if it succeeds. */
async function failureOf(open: () => Socket): Promise<Failure | undefined> {
  let socket: Socket;
  try {
    socket = open();
  } catch (error) {
    return { message: messageOf(error) };
  }
  const made = 'encrypted' in socket ? 'secureConnect' : 'connect';
  return new Promise((resolve) => {
    const end = (failure?: Failure): void => {
      resolve(failure);
      socket.destroy();
    };
    socket.on('error', (error: Error & Failure) => {
      end(error);
    });
    socket.once(made, () => {
      end();
    });
    socket.once('close', () => {
      end({ code: 'ECONNRESET', message: 'the connection was closed' });
    });
    socket.setTimeout(PATIENCE_MS, () => {
      end({ code: 'ETIMEDOUT', message: `no answer within ${PATIENCE_MS} ms` });
    });
  });
}
