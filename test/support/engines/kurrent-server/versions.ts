/** What the lines of versions that the server can answer as differ in. */

/** EventStoreDB 23.10 or KurrentDB 26.1. */
export type Like = '23.10' | '26.1';

export interface Traits {
  /** What it calls itself, unless a test names another version. */
  readonly version: string;
  /** What one append may hold, in bytes. */
  readonly maxAppendSize: number;
  /** What one record may hold, in bytes. */
  readonly maxRecordSize: number;
  /** Whether metadata and types count for the size of an append, as well as data. */
  readonly countsMetadata: boolean;
  /** What one message may hold, in bytes. */
  readonly maxMessageSize: number;
  /** Whether a position inside a record is refused as what it is, with INVALID_ARGUMENT, and not as a failure. */
  readonly tellsInvalidPositions: boolean;
  /** Whether a subscription waits for a stream that is not there before it says that it has caught up, instead of saying it at once. */
  readonly waitsForStreams: boolean;
  /** Whether a filtered subscription gives a checkpoint before it says that it has caught up. */
  readonly marksEnd: boolean;
  /** Whether "caught up" and checkpoints say when and where. */
  readonly tellsWhen: boolean;
  /** Whether the second protocol is served, with appends to several streams at once. */
  readonly sessions: boolean;
}

const MIB = 1024 * 1024;

export const VERSIONS: Readonly<Record<Like, Traits>> = {
  '23.10': {
    version: '23.10.8',
    maxAppendSize: MIB,
    maxRecordSize: 16 * MIB,
    countsMetadata: false,
    maxMessageSize: 16 * MIB - 10_000,
    tellsInvalidPositions: false,
    waitsForStreams: true,
    marksEnd: false,
    tellsWhen: false,
    sessions: false,
  },
  '26.1': {
    version: '26.1.0',
    maxAppendSize: 256 * MIB,
    maxRecordSize: 16 * MIB,
    countsMetadata: true,
    maxMessageSize: 384 * MIB,
    tellsInvalidPositions: true,
    waitsForStreams: false,
    marksEnd: true,
    tellsWhen: true,
    sessions: true,
  },
};

/** @throws Error for any other text */
export function toLike(text: string): Like {
  if (text === '23.10' || text === '26.1') return text;
  throw new Error(`The server for tests answers like 23.10 or 26.1, not like ${text}.`);
}
