/** Certificates for servers of tests, made when they are needed and good for a day. */
import 'reflect-metadata';
import { BasicConstraintsExtension, SubjectAlternativeNameExtension, X509CertificateGenerator, type X509Certificate } from '@peculiar/x509';
import { webcrypto } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A certificate and its key, as PEM. */
export interface Certified {
  readonly cert: string;
  readonly key: string;
}

export interface Authority {
  /** A file with its own certificate, for who is to trust it. */
  readonly file: string;
  /** Certifies that a server is at a host: a name or an address. */
  certify(host: string): Promise<Certified>;
  /** Removes the file. */
  dispose(): void;
}

const DAY_MS = 86_400_000;
const SIGNING = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** An authority that nobody trusts who isn't told to. */
export async function newAuthority(): Promise<Authority> {
  const keys = await newKeys();
  const name = 'CN=An authority of tests';
  const own = await X509CertificateGenerator.createSelfSigned(
    { name, keys, ...validity(), signingAlgorithm: SIGNING, extensions: [new BasicConstraintsExtension(true, undefined, true)] },
    webcrypto as Crypto,
  );
  const folder = mkdtempSync(join(tmpdir(), 'daybook-authority-'));
  const file = join(folder, 'ca.pem');
  writeFileSync(file, own.toString('pem'));
  return {
    file,
    certify: (host) => certified(host, own, keys),
    dispose: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function certified(host: string, issuer: X509Certificate, by: CryptoKeyPair): Promise<Certified> {
  const keys = await newKeys();
  const made = await X509CertificateGenerator.create(
    {
      subject: `CN=${host}`,
      issuer: issuer.subject,
      publicKey: keys.publicKey,
      signingKey: by.privateKey,
      signingAlgorithm: SIGNING,
      ...validity(),
      extensions: [new SubjectAlternativeNameExtension([{ type: isIP(host) > 0 ? 'ip' : 'dns', value: host }])],
    },
    webcrypto as Crypto,
  );
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  return { cert: made.toString('pem'), key: `-----BEGIN PRIVATE KEY-----\n${key.replace(/.{64}/g, '$&\n')}\n-----END PRIVATE KEY-----\n` };
}

async function newKeys(): Promise<CryptoKeyPair> {
  return await webcrypto.subtle.generateKey(SIGNING, true, ['sign', 'verify']);
}

/** From a while ago, for clocks that differ. */
function validity(): { readonly notBefore: Date; readonly notAfter: Date } {
  return { notBefore: new Date(Date.now() - DAY_MS / 24), notAfter: new Date(Date.now() + DAY_MS) };
}
