/**
 * Appends over one call that takes any number of them and answers each. The client's own way of doing so ends the process when the call breaks
 * while appends wait to be written to it: it waits for room inside a promise that nobody can see fail. Here what can't be sent at once lies in the
 * call's own buffer, so whoever appends bounds how much is under way.
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
import { openAppends, type Conversation } from './internals.js';

const { Empty } = sharedPb;
const { BatchAppendReq } = streamsPb;

/** Where an append's last event stands. */
interface Placed {
  readonly revision: number;
  readonly position: bigint;
}

interface Waiting {
  readonly stream: string;
  readonly resolve: (placed: Placed) => void;
  readonly reject: (error: unknown) => void;
}

/** The call that each client makes its appends over. */
const calls = new WeakMap<KurrentDBClient, AppendCall>();

/**
 * Appends through the leader.
 * @throws what the client makes of the server's refusals, such as WrongExpectedVersionError; all that are under way fail when the call breaks
 */
export function appendTo(client: KurrentDBClient, stream: string, expected: Expected, events: readonly JSONEventData[]): Promise<Placed> {
  const call = calls.get(client)?.open ?? new AppendCall(client);
  calls.set(client, call);
  return call.append(stream, expected, events);
}

class AppendCall {
  private readonly waiting = new Map<string, Waiting>();
  private readonly opened: Promise<Conversation>;
  private over = false;

  constructor(client: KurrentDBClient) {
    this.opened = openAppends(client);
    this.opened.then(
      (call) => this.listen(call),
      (error: unknown) => this.fail(error),
    );
  }

  /** Itself, unless it has ended. */
  get open(): this | undefined {
    return this.over ? undefined : this;
  }

  append(stream: string, expected: Expected, events: readonly JSONEventData[]): Promise<Placed> {
    const id = randomUUID();
    const request = requestOf(id, stream, expected, events);
    const answered = new Promise<Placed>((resolve, reject) => {
      this.waiting.set(id, { stream, resolve, reject });
    });
    // Where it can't be opened, all that wait are told.
    this.opened.then((call) => call.write(request)).catch(() => undefined);
    return answered;
  }

  private listen(call: Conversation): void {
    call.on('data', (answer: streamsPb.BatchAppendResp) => this.take(answer));
    call.on('error', (error: Error) => this.fail(error));
    call.on('end', () => this.fail(new Error('the server ended the call')));
  }

  private take(answer: streamsPb.BatchAppendResp): void {
    const id = parseUUID(answer.getCorrelationId()) ?? '';
    const waiting = this.waiting.get(id);
    if (!waiting) return;
    this.waiting.delete(id);
    const error = answer.getError();
    if (error) {
      waiting.reject(error.hasDetails() ? unpackToCommandError(error, waiting.stream) : new Error(error.getMessage()));
      return;
    }
    const success = answer.getSuccess();
    const position = BigInt(success?.getPosition()?.getCommitPosition() ?? -1);
    waiting.resolve({ revision: Number(success?.getCurrentRevision() ?? -1), position });
  }

  private fail(error: unknown): void {
    this.over = true;
    const reason = callFailure(error);
    for (const { reject } of this.waiting.values()) reject(reason);
    this.waiting.clear();
  }
}

/** It names no deadline: the server's own counts, whatever the clock here says. */
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
