/** The protocol's messages, made and read with the client's own generated definitions. 64-bit numbers travel as strings. */
import { Metadata, status, type StatusObject } from '@grpc/grpc-js';
import anyPb from 'google-protobuf/google/protobuf/any_pb.js';
import timestampPb from 'google-protobuf/google/protobuf/timestamp_pb.js';
import sharedPb from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/shared_pb.js';
import statusPb from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/status_pb.js';
import streamsPb from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_pb.js';
import type { Message } from 'google-protobuf';
import type { Endpoint } from './faults.js';
import type { LogPosition, Reached, Sent } from './reading.js';
import type { Conflict, Expected, NewRecord, Stored } from './store.js';
import type { Traits } from './versions.js';

type ReadResp = streamsPb.ReadResp;
type RecordedEvent = streamsPb.ReadResp.ReadEvent.RecordedEvent;

export function streamNameOf(identifier: sharedPb.StreamIdentifier | undefined): string {
  return Buffer.from(identifier?.getStreamName_asU8() ?? []).toString('utf8');
}

function identifierOf(stream: string): sharedPb.StreamIdentifier {
  const identifier = new sharedPb.StreamIdentifier();
  identifier.setStreamName(Uint8Array.from(Buffer.from(stream, 'utf8')));
  return identifier;
}

type Proposed = streamsPb.AppendReq.ProposedMessage | streamsPb.BatchAppendReq.ProposedMessage;

/** The client names ids by their text or by their two halves. */
function idOf(uuid: sharedPb.UUID | undefined): string {
  const halves = uuid?.getStructured();
  if (!halves) return uuid?.getString() ?? '';
  const hex = [halves.getMostSignificantBits(), halves.getLeastSignificantBits()]
    .map((bits) => BigInt.asUintN(64, BigInt(bits)).toString(16).padStart(16, '0'))
    .join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

export function toRecord(message: Proposed): NewRecord {
  const about = message.getMetadataMap() as unknown as ReadonlyMap<string, string>;
  return {
    id: idOf(message.getId()),
    type: about.get('type') ?? '',
    contentType: about.get('content-type') ?? '',
    data: message.getData_asB64(),
    metadata: message.getCustomMetadata_asB64(),
  };
}

/** What a record takes of the size that one append may have, in bytes. */
export function sizeOf({ type, data, metadata }: NewRecord, countsMetadata: boolean): number {
  const size = Buffer.byteLength(data, 'base64');
  return countsMetadata ? size + Buffer.byteLength(metadata, 'base64') + 2 * type.length : size;
}

/** What all options that name an expected state have in common. */
interface ExpectingOptions {
  hasAny(): boolean;
  hasNoStream(): boolean;
  hasStreamExists(): boolean;
}

export function expectedOf(options: ExpectingOptions | undefined, revision: string | undefined): Expected {
  if (options?.hasAny()) return 'any';
  if (options?.hasNoStream()) return 'none';
  if (options?.hasStreamExists()) return 'exists';
  return BigInt(revision ?? 0);
}

function toRecordedEvent(event: Stored): RecordedEvent {
  const recorded = new streamsPb.ReadResp.ReadEvent.RecordedEvent();
  const id = new sharedPb.UUID();
  id.setString(event.id);
  recorded.setId(id);
  recorded.setStreamIdentifier(identifierOf(event.stream));
  recorded.setStreamRevision(String(event.revision));
  recorded.setCommitPosition(String(event.position));
  recorded.setPreparePosition(String(event.position));
  recorded.setData(event.data);
  recorded.setCustomMetadata(event.metadata);
  recorded.getMetadataMap().set('type', event.type).set('content-type', event.contentType);
  recorded.getMetadataMap().set('created', String(BigInt(event.created) * 10_000n));
  return recorded;
}

/** @param tellsWhen whether "caught up" and checkpoints say when and where */
export function toReadResp(sent: Sent, tellsWhen: boolean): ReadResp {
  const answer = new streamsPb.ReadResp();
  if (sent.kind === 'confirmation') answer.setConfirmation(new streamsPb.ReadResp.SubscriptionConfirmation());
  if (sent.kind === 'caughtUp') answer.setCaughtUp(toCaughtUp(tellsWhen ? sent.reached : undefined, tellsWhen));
  if (sent.kind === 'checkpoint') {
    const checkpoint = new streamsPb.ReadResp.Checkpoint();
    checkpoint.setCommitPosition(String(sent.position.commit));
    checkpoint.setPreparePosition(String(sent.position.prepare));
    if (tellsWhen) checkpoint.setTimestamp(now());
    answer.setCheckpoint(checkpoint);
  }
  if (sent.kind === 'event') {
    const event = new streamsPb.ReadResp.ReadEvent();
    event.setEvent(toRecordedEvent(sent.event));
    event.setCommitPosition(String(sent.event.position));
    answer.setEvent(event);
  }
  return answer;
}

function toCaughtUp(reached: Reached | undefined, tellsWhen: boolean): streamsPb.ReadResp.CaughtUp {
  const caughtUp = new streamsPb.ReadResp.CaughtUp();
  if (tellsWhen) caughtUp.setTimestamp(now());
  if (reached && 'revision' in reached) caughtUp.setStreamRevision(String(reached.revision));
  if (reached && 'position' in reached) {
    const position = new streamsPb.ReadResp.Position();
    position.setCommitPosition(String(reached.position.commit));
    position.setPreparePosition(String(reached.position.prepare));
    caughtUp.setPosition(position);
  }
  return caughtUp;
}

function now(): timestampPb.Timestamp {
  return timestampPb.Timestamp.fromDate(new Date());
}

export function toStreamNotFound(stream: string): ReadResp {
  const missing = new streamsPb.ReadResp.StreamNotFound();
  missing.setStreamIdentifier(identifierOf(stream));
  const answer = new streamsPb.ReadResp();
  answer.setStreamNotFound(missing);
  return answer;
}

export function toLogPosition(position: streamsPb.ReadReq.Options.Position): LogPosition {
  return { commit: Number(position.getCommitPosition()), prepare: Number(position.getPreparePosition()) };
}

/** The error of one append among those that share a stream of appends. */
export function toStatus(message: string, detail: Message, name: string): statusPb.Status {
  const details = new anyPb.Any();
  details.pack(detail.serializeBinary(), `event_store.client.${name}`);
  const error = new statusPb.Status();
  error.setMessage(message);
  error.setDetails(details);
  return error;
}

export function wrongVersion(expected: Expected, current: bigint): sharedPb.WrongExpectedVersion {
  const wrong = new sharedPb.WrongExpectedVersion();
  if (current >= 0n) wrong.setCurrentStreamRevision(String(current));
  if (typeof expected === 'bigint') wrong.setExpectedStreamPosition(String(expected));
  return wrong;
}

export function streamDeleted(stream: string): sharedPb.StreamDeleted {
  const deleted = new sharedPb.StreamDeleted();
  deleted.setStreamIdentifier(identifierOf(stream));
  return deleted;
}

/** Errors of whole calls, with what the real server puts into their trailers. */
export const failures = {
  unavailable: () => failure(status.UNAVAILABLE, 'Server Is Not Ready'),
  unknown: () => failure(status.UNKNOWN, 'Exception was thrown by handler.'),
  /** @param subscribes whether it was a subscription, which fails before it begins where positions are not looked at */
  invalidPosition: ({ tellsInvalidPositions }: Traits, subscribes: boolean) => {
    if (tellsInvalidPositions) return failure(status.INVALID_ARGUMENT, 'Trying to read from an invalid position.');
    return failure(status.UNKNOWN, subscribes ? 'Exception was thrown by handler.' : 'Unexpected FilteredReadAllResult: Error');
  },
  notLeader: ({ host, port }: Endpoint) =>
    failure(status.NOT_FOUND, 'Leader info available', {
      exception: 'not-leader',
      'leader-endpoint-host': host,
      'leader-endpoint-port': String(port),
    }),
  streamDeleted: (stream: string) =>
    failure(status.FAILED_PRECONDITION, `Event stream '${stream}' is deleted.`, { exception: 'stream-deleted', 'stream-name': stream }),
  wrongVersion: (stream: string, { expected, current }: Conflict) =>
    failure(status.FAILED_PRECONDITION, 'WrongExpectedVersion', {
      exception: 'wrong-expected-version',
      'stream-name': stream,
      'expected-version': String(versionOf(expected)),
      'actual-version': String(current),
    }),
  tooLarge: (maxAppendSize: number) =>
    failure(status.INVALID_ARGUMENT, `Maximum Append Size of ${maxAppendSize} Exceeded.`, {
      exception: 'maximum-append-size-exceeded',
      'maximum-append-size': String(maxAppendSize),
    }),
};

/** The number by which the protocol names an expected state. */
export function versionOf(expected: Expected): bigint {
  if (typeof expected === 'bigint') return expected;
  return { none: -1n, any: -2n, exists: -4n, deleted: -5n }[expected];
}

function failure(code: status, details: string, trailers: Readonly<Record<string, string>> = {}): StatusObject {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(trailers)) metadata.set(name, value);
  return { code, details, metadata };
}
