/** Checks the server's version and features before anything is read or written. */
import { messageOf } from '../../kernel/message-of.js';
import { LogUnavailable } from '../port.js';
import type { Connection } from './connection.js';
import { callFailure } from './failure.js';
import { supportedMethods } from './internals.js';

/** The first version that notifies subscribers when they have caught up. */
const OLDEST = { major: 23, minor: 10 };

/** Required methods of the streams service, with their features. */
const NEEDED: readonly { readonly method: string; readonly feature?: string }[] = [
  { method: 'read', feature: 'position' },
  { method: 'append' },
];

const STREAMS = 'event_store.client.streams.streams';

interface Offered {
  /** Such as 26.1.0; empty if the server does not report it. */
  readonly version: string;
  /** By method name. */
  readonly features: ReadonlyMap<string, readonly string[]>;
}

/** @throws LogUnavailable when the server is too old, lacks a feature, or can't be reached */
export async function checkServer(connection: Connection): Promise<void> {
  const offered = await connection.repeat('tell its version', async (client) => {
    try {
      const methods = await connection.inTime(supportedMethods(client, connection.patience.answerMs));
      const ofStreams = methods.getMethodsList().filter((method) => method.getServiceName().toLowerCase() === STREAMS);
      return {
        version: methods.getEventStoreServerVersion(),
        features: new Map(ofStreams.map((method) => [method.getMethodName().toLowerCase(), method.getFeaturesList()])),
      };
    } catch (error) {
      if (isUnimplemented(error)) return { version: '', features: new Map() };
      throw callFailure(error);
    }
  });
  const fault = faultOf(offered);
  if (fault === undefined) return;
  throw new LogUnavailable(
    `The server of the event log ${connection.shown} ${fault}. Daybook needs EventStoreDB ${OLDEST.major}.${OLDEST.minor} or later, or KurrentDB: ` +
      'upgrade the server, or use another one.',
  );
}

function faultOf({ version, features }: Offered): string | undefined {
  if (version === '') return 'does not report its version: it is EventStoreDB before 21.10, or another program';
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  if (!(major > OLDEST.major || (major === OLDEST.major && minor >= OLDEST.minor))) return `has version ${version}`;
  const lacking = NEEDED.filter(({ method, feature }) => {
    const offered = features.get(method);
    return !offered || (feature !== undefined && !offered.includes(feature));
  });
  if (lacking.length === 0) return undefined;
  const named = lacking.map(({ method, feature }) => `streams.${method}${feature === undefined ? '' : ` with "${feature}"`}`);
  return `has version ${version}, but lacks ${named.join(' and ')}`;
}

/** Servers before 21.10 don't have this method. */
function isUnimplemented(error: unknown): boolean {
  return messageOf(error).startsWith('12 UNIMPLEMENTED');
}
