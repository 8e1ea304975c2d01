/** The calls of the second protocol, which write to several streams at once, as KurrentDB 26.1 answers them. */
import {
  Metadata,
  status,
  type handleClientStreamingCall,
  type handleUnaryCall,
  type sendUnaryData,
  type StatusObject,
} from '@grpc/grpc-js';
import serverErrorsPb from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v2/errors_pb.js';
import errorsPb from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v2/streams/errors_pb.js';
import streamsPb from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v2/streams/streams_pb.js';
import jspb, { type Message } from 'google-protobuf';
import anyPb from 'google-protobuf/google/protobuf/any_pb.js';
import structPb from 'google-protobuf/google/protobuf/struct_pb.js';
import { randomUUID } from 'node:crypto';
import type { Endpoint, Faults } from './faults.js';
import { versionOf } from './messages.js';
import { isDeleted } from './service.js';
import { TOMBSTONE, type Conflict, type Expected, type NewRecord, type Outcome, type Store, type Write } from './store.js';
import type { Traits } from './versions.js';

export interface SessionsHandlers {
  readonly appendSession: handleClientStreamingCall<streamsPb.AppendRequest, streamsPb.AppendSessionResponse>;
  readonly appendRecords: handleUnaryCall<streamsPb.AppendRecordsRequest, streamsPb.AppendRecordsResponse>;
}

/** What a call is refused with. */
class Refusal extends Error {
  constructor(readonly state: StatusObject) {
    super(state.details);
  }
}

/** How many of the writes' events have which size so far, held against the limits. */
class Sizes {
  private total = 0;

  constructor(
    private readonly maxAppendSize: number,
    private readonly maxRecordSize: number,
  ) {}

  /** @throws Refusal when a record, or all so far, are too large */
  add(stream: string, record: NewRecord, size: number): void {
    if (size > this.maxRecordSize) {
      const details = new errorsPb.AppendRecordSizeExceededErrorDetails();
      details.setStream(stream);
      details.setRecordId(record.id);
      details.setSize(size);
      details.setMaxSize(this.maxRecordSize);
      throw refusal(status.INVALID_ARGUMENT, 'APPEND_RECORD_SIZE_EXCEEDED', `Record ${record.id} has ${size} bytes.`, details);
    }
    this.total += size;
    if (this.total > this.maxAppendSize) {
      const details = new errorsPb.AppendTransactionSizeExceededErrorDetails();
      details.setSize(this.total);
      details.setMaxSize(this.maxAppendSize);
      throw refusal(status.ABORTED, 'APPEND_TRANSACTION_SIZE_EXCEEDED', `The append has more than ${this.maxAppendSize} bytes.`, details);
    }
  }
}

/** @param drop breaks every connection */
export function sessionsHandlers(store: Store, faults: Faults, traits: Traits, drop: () => void): SessionsHandlers {
  return {
    appendSession: (call, answer) => {
      const requests: streamsPb.AppendRequest[] = [];
      call.on('data', (request: streamsPb.AppendRequest) => requests.push(request));
      call.on('end', () => void answered(answer, () => appendSession(requests)));
    },
    appendRecords: (call, answer) => void answered(answer, () => appendRecords(call.request)),
  };

  /** Answers with what is done, with a refusal, or not at all when the answer gets lost. */
  async function answered<T>(answer: sendUnaryData<T>, act: () => T): Promise<void> {
    try {
      const how = faults.refuses();
      if (how === 'unavailable') throw new Refusal({ code: status.UNAVAILABLE, details: 'Server Is Not Ready', metadata: new Metadata() });
      if (how === 'unknown') {
        throw refusal(status.INTERNAL, 'SERVER_MALFUNCTION', 'An internal server error occurred.', undefined, 'server');
      }
      await faults.pass();
      const response = act();
      const lost = faults.losesAnswer();
      if (lost === 'drop') drop();
      if (!lost) answer(null, response);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      answer(error.state);
    }
  }

  function sizes(): Sizes {
    return new Sizes(faults.maxAppendSize ?? traits.maxAppendSize, faults.maxRecordSize ?? traits.maxRecordSize);
  }

  function appendSession(requests: readonly streamsPb.AppendRequest[]): streamsPb.AppendSessionResponse {
    const total = sizes();
    const streams = new Set<string>();
    const writes = requests.map((request): Write => {
      const stream = request.getStream();
      const expected = expectedOf(BigInt(request.hasExpectedRevision() ? (request.getExpectedRevision() ?? 0) : -2));
      const fields = invalid(stream === '' || stream === '$$', 'Stream')
        .concat(invalid(typeof expected !== 'bigint' && expected === 'deleted', 'ExpectedRevision'))
        .concat(invalid(typeof expected === 'bigint' && expected < 0n, 'ExpectedRevision'))
        .concat(invalid(request.getRecordsList().length === 0, 'Records'));
      if (fields.length > 0) throw badRequest(fields);
      // Names are compared without regard to case, as the real one does.
      if (streams.has(stream.toLowerCase())) {
        const details = new errorsPb.StreamAlreadyInAppendSessionErrorDetails();
        details.setStream(stream);
        throw refusal(status.ABORTED, 'STREAM_ALREADY_IN_APPEND_SESSION', `Stream '${stream}' is already in this session.`, details);
      }
      streams.add(stream.toLowerCase());
      return { stream, expected, events: request.getRecordsList().map((record) => toRecord(record, stream, total)) };
    });
    if (writes.length === 0) throw refusal(status.FAILED_PRECONDITION, 'APPEND_SESSION_NO_REQUESTS', 'The session had no requests.');
    const outcome = written(writes);
    if (outcome.result === 'refused') throw sessionConflict(writes, outcome.conflicts);
    const response = new streamsPb.AppendSessionResponse();
    response.setPosition(String(outcome.position ?? -1));
    response.setOutputList(
      writes.map(({ stream }, index) => {
        const output = new streamsPb.AppendResponse();
        output.setStream(stream);
        output.setStreamRevision(String(outcome.revisions[index]));
        return output;
      }),
    );
    return response;
  }

  function appendRecords(request: streamsPb.AppendRecordsRequest): streamsPb.AppendRecordsResponse {
    const total = sizes();
    const indexes = new Map<string, number>();
    const writes: { readonly stream: string; readonly expected: Expected; readonly events: NewRecord[] }[] = [];
    const put = (stream: string, expected: Expected): number => {
      indexes.set(stream.toLowerCase(), writes.length);
      return writes.push({ stream, expected, events: [] }) - 1;
    };
    const checks = request.getChecksList().flatMap((check) => check.getStreamState() ?? []);
    const twice = new Set(checks.map((check) => check.getStream().toLowerCase())).size < checks.length;
    const fields = invalid(request.getRecordsList().length === 0, 'Records').concat(invalid(twice, 'Checks'));
    if (fields.length > 0) throw badRequest(fields);
    for (const check of checks) put(check.getStream(), expectedOf(BigInt(check.getExpectedState())));
    const order = request.getRecordsList().map((record) => {
      const stream = record.getStream();
      const index = indexes.get(stream.toLowerCase()) ?? put(stream, 'any');
      writes[index]?.events.push(toRecord(record, stream, total));
      return index;
    });
    const outcome = written(writes, order);
    if (outcome.result === 'refused') throw violations(writes, outcome.conflicts);
    const response = new streamsPb.AppendRecordsResponse();
    response.setPosition(String(outcome.position ?? -1));
    response.setRevisionsList(
      [...new Set(order)].map((index) => {
        const revision = new streamsPb.StreamRevision();
        revision.setStream((writes[index] as Write).stream);
        revision.setRevision(String(outcome.revisions[index]));
        return revision;
      }),
    );
    return response;
  }

  function written(writes: readonly Write[], order?: readonly number[]): Outcome {
    if (faults.leader) throw notLeader(faults.leader);
    return store.appendAll(writes, order);
  }
}

/** -6 asks for a stream that is gone for good: the tombstone's revision. */
function expectedOf(state: bigint): Expected {
  const named: Readonly<Record<string, Expected>> = { '-1': 'none', '-2': 'any', '-4': 'exists', '-5': 'deleted', '-6': TOMBSTONE };
  return named[String(state)] ?? state;
}

/** @throws Refusal when it is none, or too large */
function toRecord(record: streamsPb.AppendRecord, stream: string, sizes: Sizes): NewRecord {
  const schema = record.getSchema();
  const name = schema?.getName() ?? '';
  const format = schema?.getFormat() ?? 0;
  const id = record.hasRecordId() ? (record.getRecordId() ?? '') : randomUUID();
  const fields = invalid(!/^[\p{L}\p{N}_.$:-]+$/u.test(name) || name !== name.normalize('NFC'), 'Schema.Name')
    .concat(invalid(FORMATS[format] === undefined, 'Schema.Format'))
    .concat(invalid(!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id) || /^[0-]*$/.test(id), 'RecordId'));
  if (fields.length > 0) throw badRequest(fields);
  const properties = new Map<string, structPb.Value>();
  record.getPropertiesMap().forEach((value, key) => properties.set(key, value));
  if (FORMATS[format] !== 'Json') properties.set('$schema.format', text(FORMATS[format] ?? ''));
  if (schema?.hasId()) properties.set('$schema.id', text(schema.getId() ?? ''));
  const contents = new structPb.Struct();
  for (const [key, value] of properties) contents.getFieldsMap().set(key, value);
  const size = record.getData_asU8().length + contents.serializeBinary().length + Buffer.byteLength(name);
  // Readers of the first protocol get the properties as JSON, with what the schema says of the record.
  properties.set('$schema.name', text(name));
  if (FORMATS[format] === 'Json') properties.set('$schema.format', text('Json'));
  const made: NewRecord = {
    id: id.toLowerCase(),
    type: name,
    contentType: FORMATS[format] === 'Json' ? 'application/json' : 'application/octet-stream',
    data: record.getData_asB64(),
    metadata: Buffer.from(fieldsAsJson(properties)).toString('base64'),
  };
  sizes.add(stream, made, size);
  return made;
}

/** By the numbers that the protocol gives them. */
const FORMATS: Readonly<Record<number, string>> = { 1: 'Json', 2: 'Protobuf', 3: 'Avro', 4: 'Bytes' };

function text(value: string): structPb.Value {
  const made = new structPb.Value();
  made.setStringValue(value);
  return made;
}

/** JSON as .NET's formatter of protocol buffers writes it, with spaces, keys in the order in which they came. */
function fieldsAsJson(fields: Iterable<readonly [string, structPb.Value]>): string {
  const members = [...fields].map(([key, value]) => `${textAsJson(key)}: ${valueAsJson(value)}`);
  return members.length > 0 ? `{ ${members.join(', ')} }` : '{ }';
}

function valueAsJson(value: structPb.Value): string {
  const { KindCase } = structPb.Value;
  const kind = value.getKindCase();
  if (kind === KindCase.STRING_VALUE) return textAsJson(value.getStringValue());
  if (kind === KindCase.NUMBER_VALUE) return String(value.getNumberValue());
  if (kind === KindCase.BOOL_VALUE) return String(value.getBoolValue());
  const list = value.getListValue();
  if (list) return list.getValuesList().length > 0 ? `[ ${list.getValuesList().map(valueAsJson).join(', ')} ]` : '[ ]';
  const struct = value.getStructValue();
  return struct ? fieldsAsJson(struct.getFieldsMap().toArray()) : 'null';
}

/** Angle brackets and control characters beyond ASCII are escaped too. */
function textAsJson(value: string): string {
  return JSON.stringify(value).replace(/[<>\u007f-\u009f]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The first of the streams is named, whichever of them is deleted. */
function sessionConflict(writes: readonly Write[], conflicts: readonly Conflict[]): Refusal {
  const [{ index, expected, current }] = conflicts as [Conflict];
  const { stream } = writes[index] as Write;
  if (conflicts.some(isDeleted)) {
    const details = new errorsPb.StreamTombstonedErrorDetails();
    details.setStream(stream);
    return refusal(status.FAILED_PRECONDITION, 'STREAM_TOMBSTONED', `Stream '${stream}' has been tombstoned.`, details);
  }
  const details = new errorsPb.StreamRevisionConflictErrorDetails();
  details.setStream(stream);
  details.setExpectedRevision(String(versionOf(expected)));
  details.setActualRevision(String(current));
  const message = `Stream '${stream}' stands at ${current}, expected was ${versionOf(expected)}.`;
  return refusal(status.FAILED_PRECONDITION, 'STREAM_REVISION_CONFLICT', message, details);
}

function violations(writes: readonly Write[], conflicts: readonly Conflict[]): Refusal {
  const details = new errorsPb.AppendConsistencyViolationErrorDetails();
  details.setViolationsList(
    conflicts.map(({ index, expected, current, softlyDeleted }) => {
      const state = new errorsPb.ConsistencyViolation.StreamStateViolation();
      state.setStream((writes[index] as Write).stream);
      state.setExpectedState(String(expected === TOMBSTONE ? -6n : versionOf(expected)));
      state.setActualState(String(current === TOMBSTONE ? -6n : softlyDeleted ? -5n : current));
      const violation = new errorsPb.ConsistencyViolation();
      violation.setCheckIndex(index);
      violation.setStreamState(state);
      return violation;
    }),
  );
  return refusal(status.FAILED_PRECONDITION, 'APPEND_CONSISTENCY_VIOLATION', 'Append failed due to consistency violations.', details);
}

function notLeader({ host, port }: Endpoint): Refusal {
  const leader = new serverErrorsPb.NotLeaderNodeErrorDetails.NodeInfo();
  leader.setHost(host);
  leader.setPort(port);
  const details = new serverErrorsPb.NotLeaderNodeErrorDetails();
  details.setCurrentLeader(leader);
  return refusal(status.FAILED_PRECONDITION, 'NOT_LEADER_NODE', `The leader is ${host}:${port}.`, details, 'server');
}

function invalid(is: boolean, field: string): readonly string[] {
  return is ? [field] : [];
}

function badRequest(fields: readonly string[]): Refusal {
  return refusal(status.INVALID_ARGUMENT, 'BAD_REQUEST', `The request is invalid: ${fields.join(', ')}.`, undefined, 'server');
}

/** An error as the second protocol tells it: a `google.rpc.Status` among the trailers, with why and where. */
function refusal(code: status, reason: string, message: string, details?: Message, domain = 'streams'): Refusal {
  const info = new jspb.BinaryWriter();
  info.writeString(1, reason);
  info.writeString(2, domain);
  const told = new jspb.BinaryWriter();
  told.writeInt32(1, code);
  told.writeString(2, message);
  told.writeBytes(3, packed('google.rpc.ErrorInfo', info.getResultBuffer()));
  if (details) told.writeBytes(3, packed(nameOf(details), details.serializeBinary()));
  const metadata = new Metadata();
  metadata.set('grpc-status-details-bin', Buffer.from(told.getResultBuffer()));
  return new Refusal({ code, details: message, metadata });
}

function packed(name: string, value: Uint8Array): Uint8Array {
  const any = new anyPb.Any();
  any.setTypeUrl(`type.googleapis.com/${name}`);
  any.setValue(value);
  return any.serializeBinary();
}

function nameOf(details: Message): string {
  const found = [
    ['kurrentdb.protocol.v2.streams.errors', errorsPb],
    ['kurrent.rpc', serverErrorsPb],
  ] as const;
  for (const [name, types] of found) {
    const type = Object.entries(types).find(([, made]) => typeof made === 'function' && details instanceof made)?.[0];
    if (type !== undefined) return `${name}.${type}`;
  }
  throw new Error('These details have no name.');
}
