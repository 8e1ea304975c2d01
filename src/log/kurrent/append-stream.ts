/**
 * Appends over one call that takes any number of them. The client's own implementation crashes the process when the call breaks while appends
 * wait to be written: it waits for buffer space in a promise whose rejection can't be handled. Here they are in the call's own buffer, so
 * callers limit the number of concurrent appends.
 */
import type { JSONEventData, KurrentDBClient } from '@kurrent/kurrentdb-client';
import { unpackToCommandError } from '@kurrent/kurrentdb-client/dist/streams/appendToStream/unpackError.js';
import { createStreamIdentifier } from '@kurrent/kurrentdb-client/dist/utils/grpcStreamIdentifier.js';
import { createUUID, parseUUID } from '@kurrent/kurrentdb-client/dist/utils/grpcUUID.js';
import sharedPb from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/shared_pb.js';
import streamsPb from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_pb.js';
import { randomUUID } from 'node:crypto';
import type { Expected } from '../port.js';
import { callFailure } from './failure.js';
import { openAppends, type DuplexCall } from './internals.js';

const { Empty } = sharedPb;
const { BatchAppendReq } = streamsPb;

/** The place of an append's last event. */
interface Placed {
  readonly revision: number;
  readonly position: bigint;
}

interface Waiting {
  readonly stream: string;
  readonly resolve: (placed: Placed) => void;
  readonly reject: (error: unknown) => void;
}

/** The append call of each client. */
const calls = new WeakMap<KurrentDBClient, AppendCall>();

/**
 * Appends through the leader.
 * @throws the client's errors, such as WrongExpectedVersionError; all running appends fail when the call breaks
 */
export function appendTo(client: KurrentDBClient, stream: string, expected: Expected, events: readonly JSONEventData[]): Promise<Placed> {
  const call = calls.get(client)?.open ?? new AppendCall(client);
  calls.set(client, call);
  return call.append(stream, expected, events);
}

class AppendCall {
  readonly #waiting = new Map<string, Waiting>();
  readonly #opened: Promise<DuplexCall>;
  #over = false;

  constructor(client: KurrentDBClient) {
    this.#opened = openAppends(client);
    this.#opened.then(
      (call) => this.#listen(call),
      (error: unknown) => this.#fail(error),
    );
  }

  /** This call, unless it has ended. */
  get open(): this | undefined {
    return this.#over ? undefined : this;
  }

  append(stream: string, expected: Expected, events: readonly JSONEventData[]): Promise<Placed> {
    const id = randomUUID();
    const request = requestOf(id, stream, expected, events);
    const answered = new Promise<Placed>((resolve, reject) => {
      this.#waiting.set(id, { stream, resolve, reject });
    });
    // If it can't be opened, all waiting appends are rejected.
    this.#opened.then((call) => call.write(request)).catch(() => undefined);
    return answered;
  }

  #listen(call: DuplexCall): void {
    call.on('data', (answer: streamsPb.BatchAppendResp) => this.#take(answer));
    call.on('error', (error: Error) => this.#fail(error));
    call.on('end', () => this.#fail(new Error('the server ended the call')));
  }

  #take(answer: streamsPb.BatchAppendResp): void {
    const id = parseUUID(answer.getCorrelationId()) ?? '';
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    this.#waiting.delete(id);
    const error = answer.getError();
    if (error) {
      waiting.reject(error.hasDetails() ? unpackToCommandError(error, waiting.stream) : new Error(error.getMessage()));
      return;
    }
    const success = answer.getSuccess();
    const position = BigInt(success?.getPosition()?.getCommitPosition() ?? -1);
    waiting.resolve({ revision: Number(success?.getCurrentRevision() ?? -1), position });
  }

  #fail(error: unknown): void {
    this.#over = true;
    const reason = callFailure(error);
    for (const { reject } of this.#waiting.values()) reject(reason);
    this.#waiting.clear();
  }
}

/** Without a deadline: the server's default applies, independent of the clock here. */
function requestOf(id: string, stream: string, expected: Expected, events: readonly JSONEventData[]): streamsPb.BatchAppendReq {
  const options = new BatchAppendReq.Options();
  options.setStreamIdentifier(createStreamIdentifier(stream));
  if (expected === 'none') options.setNoStream(new Empty());
  else options.setStreamPosition(String(expected));
  const request = new BatchAppendReq();
  request.setCorrelationId(createUUID(id));
  request.setOptions(options);
  request.setProposedMessagesList(events.map(toMessage));
  request.setIsFinal(true);
  return request;
}

function toMessage({ id, type, contentType, data, metadata }: JSONEventData): streamsPb.BatchAppendReq.ProposedMessage {
  const message = new BatchAppendReq.ProposedMessage();
  message.setId(createUUID(id));
  message.getMetadataMap().set('type', type).set('content-type', contentType);
  message.setData(Buffer.from(JSON.stringify(data)));
  message.setCustomMetadata(Buffer.from(JSON.stringify(metadata)));
  return message;
}
