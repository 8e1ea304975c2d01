/** The calls of the protocol that clients make to read and write streams. */
import type {
  handleBidiStreamingCall,
  handleClientStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
  sendUnaryData,
  ServerDuplexStream,
  ServerWritableStream,
  StatusObject,
} from '@grpc/grpc-js';
import sharedPb from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/shared_pb.js';
import streamsPb from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_pb.js';
import { Metadata } from '@grpc/grpc-js';
import emptyPb from 'google-protobuf/google/protobuf/empty_pb.js';
import { once } from 'node:events';
import type { Faults } from './faults.js';
import {
  expectedOf,
  failures,
  sizeOf,
  streamDeleted,
  streamNameOf,
  toReadResp,
  toRecord,
  toStatus,
  toStreamNotFound,
  wrongVersion,
} from './messages.js';
import { InvalidPosition, StreamDeleted } from './reading.js';
import { answersTo, type Answer } from './requests.js';
import { TOMBSTONE, type Conflict, type Expected, type NewRecord, type Outcome, type Store } from './store.js';
import type { Traits } from './versions.js';

type ReadCall = ServerWritableStream<streamsPb.ReadReq, streamsPb.ReadResp>;
type BatchCall = ServerDuplexStream<streamsPb.BatchAppendReq, streamsPb.BatchAppendResp>;

export interface StreamsHandlers {
  readonly read: handleServerStreamingCall<streamsPb.ReadReq, streamsPb.ReadResp>;
  readonly append: handleClientStreamingCall<streamsPb.AppendReq, streamsPb.AppendResp>;
  readonly batchAppend: handleBidiStreamingCall<streamsPb.BatchAppendReq, streamsPb.BatchAppendResp>;
  readonly delete: handleUnaryCall<streamsPb.DeleteReq, streamsPb.DeleteResp>;
  readonly tombstone: handleUnaryCall<streamsPb.TombstoneReq, streamsPb.TombstoneResp>;
}

/** @param drop breaks every connection */
export function streamsHandlers(store: Store, faults: Faults, traits: Traits, drop: () => void): StreamsHandlers {
  const refusal = (needsLeader: boolean): StatusObject | undefined => {
    if (needsLeader && faults.leader) return failures.notLeader(faults.leader);
    const how = faults.refuses();
    return how && failures[how]();
  };

  /** Writes, and gives the outcome unless its answer gets lost. */
  const written = async (write: () => Outcome): Promise<Outcome | 'lost'> => {
    await faults.pass();
    const outcome = write();
    const lost = faults.losesAnswer();
    if (lost === 'drop') drop();
    return lost ? 'lost' : outcome;
  };

  return {
    read: (call) => void read(call),
    append: (call, answer) => {
      const requests: streamsPb.AppendReq[] = [];
      call.on('data', (request: streamsPb.AppendReq) => requests.push(request));
      call.on('end', () => void append(requests, answer));
    },
    batchAppend: (call) => {
      const unfinished = new Map<string, { readonly options: streamsPb.BatchAppendReq.Options; readonly events: NewRecord[] }>();
      call.on('data', (request: streamsPb.BatchAppendReq) => {
        const id = JSON.stringify(request.getCorrelationId()?.toObject());
        const options = request.getOptions();
        const batch = unfinished.get(id) ?? (options && { options, events: [] });
        if (!batch) return;
        unfinished.set(id, batch);
        batch.events.push(...request.getProposedMessagesList().map(toRecord));
        if (!request.getIsFinal()) return;
        unfinished.delete(id);
        void appendOfBatch(call, request, batch.options, batch.events);
      });
      call.on('end', () => call.end());
      call.on('error', () => call.end());
    },
    delete: (call, answer) => {
      const options = call.request.getOptions();
      void remove(streamNameOf(options?.getStreamIdentifier()), expectedOf(options, options?.getRevision()), 'delete', (error) =>
        error ? answer(error) : answer(null, new streamsPb.DeleteResp()),
      );
    },
    tombstone: (call, answer) => {
      const options = call.request.getOptions();
      void remove(streamNameOf(options?.getStreamIdentifier()), expectedOf(options, options?.getRevision()), 'tombstone', (error) =>
        error ? answer(error) : answer(null, new streamsPb.TombstoneResp()),
      );
    },
  };

  async function read(call: ReadCall): Promise<void> {
    const abort = new AbortController();
    call.on('cancelled', () => abort.abort());
    call.on('close', () => abort.abort());
    const refused = refusal(call.metadata.get('requires-leader')[0] === 'true');
    if (refused) return void call.emit('error', refused);
    try {
      await faults.pass();
      // Sent early: without it, each read stalls for tens of milliseconds.
      call.sendMetadata(new Metadata());
      for await (const answer of answersTo(call.request, store, abort.signal, faults, traits)) {
        if (!faults.calm) await faults.pass();
        if (abort.signal.aborted) return;
        if (!call.write(toMessage(answer))) await once(call, 'drain', { signal: abort.signal });
      }
      call.end();
    } catch (error) {
      if (error instanceof StreamDeleted) call.emit('error', failures.streamDeleted(error.message));
      else if (error instanceof InvalidPosition) {
        call.emit('error', failures.invalidPosition(traits, call.request.getOptions()?.hasSubscription() === true));
      } else if (!abort.signal.aborted) throw error;
    }
  }

  function toMessage(answer: Answer): streamsPb.ReadResp {
    return answer.kind === 'streamNotFound' ? toStreamNotFound(answer.stream) : toReadResp(answer, traits.tellsWhen);
  }

  async function append(requests: readonly streamsPb.AppendReq[], answer: sendUnaryData<streamsPb.AppendResp>): Promise<void> {
    const refused = refusal(true);
    if (refused) {
      answer(refused);
      return;
    }
    const options = requests[0]?.getOptions();
    const stream = streamNameOf(options?.getStreamIdentifier());
    const expected = expectedOf(options, options?.getRevision());
    const events = requests.flatMap((request) => request.getProposedMessage() ?? []).map(toRecord);
    if (sizeOfAll(events) > maxAppendSize()) {
      answer(failures.tooLarge(maxAppendSize()));
      return;
    }
    const outcome = await written(() => store.append(stream, expected, events));
    if (outcome === 'lost') return;
    const response = new streamsPb.AppendResp();
    if (outcome.result === 'refused') {
      const conflict = outcome.conflicts[0] as Conflict;
      if (isDeleted(conflict)) {
        answer(failures.streamDeleted(stream));
        return;
      }
      const wrong = new streamsPb.AppendResp.WrongExpectedVersion();
      if (conflict.current >= 0n) wrong.setCurrentRevision(String(conflict.current));
      response.setWrongExpectedVersion(wrong);
    } else {
      const success = new streamsPb.AppendResp.Success();
      const [revision] = outcome.revisions as [bigint];
      if (revision < 0n) success.setNoStream(new sharedPb.Empty());
      else success.setCurrentRevision(String(revision));
      if (outcome.position === undefined) success.setNoPosition(new sharedPb.Empty());
      else {
        const position = new streamsPb.AppendResp.Position();
        position.setCommitPosition(String(outcome.position));
        position.setPreparePosition(String(outcome.position));
        success.setPosition(position);
      }
      response.setSuccess(success);
    }
    answer(null, response);
  }

  function maxAppendSize(): number {
    return faults.maxAppendSize ?? traits.maxAppendSize;
  }

  function sizeOfAll(events: readonly NewRecord[]): number {
    return events.reduce((sum, event) => sum + sizeOf(event, traits.countsMetadata), 0);
  }

  async function appendOfBatch(
    call: BatchCall,
    request: streamsPb.BatchAppendReq,
    options: streamsPb.BatchAppendReq.Options,
    events: readonly NewRecord[],
  ): Promise<void> {
    // A refusal ends the stream, and with it every append that shares it.
    const refused = refusal(true);
    if (refused) return void call.emit('error', refused);
    const stream = streamNameOf(options.getStreamIdentifier());
    const expected = expectedOf(options, options.getStreamPosition());
    const response = new streamsPb.BatchAppendResp();
    response.setCorrelationId(request.getCorrelationId());
    response.setStreamIdentifier(options.getStreamIdentifier());
    if (sizeOfAll(events) > maxAppendSize()) {
      const exceeded = new sharedPb.MaximumAppendSizeExceeded();
      exceeded.setMaxappendsize(maxAppendSize());
      response.setError(toStatus('Maximum Append Size Exceeded', exceeded, 'MaximumAppendSizeExceeded'));
    } else {
      const outcome = await written(() => store.append(stream, expected, events));
      if (outcome === 'lost') return;
      setOutcome(response, stream, outcome);
    }
    if (!call.writableEnded && !call.destroyed) call.write(response);
  }

  function setOutcome(response: streamsPb.BatchAppendResp, stream: string, outcome: Outcome): void {
    if (outcome.result === 'refused') {
      const conflict = outcome.conflicts[0] as Conflict;
      const error = isDeleted(conflict)
        ? toStatus('StreamDeleted', streamDeleted(stream), 'StreamDeleted')
        : toStatus('WrongExpectedVersion', wrongVersion(conflict.expected, conflict.current), 'WrongExpectedVersion');
      response.setError(error);
      return;
    }
    const success = new streamsPb.BatchAppendResp.Success();
    const [revision] = outcome.revisions as [bigint];
    if (revision < 0n) success.setNoStream(new emptyPb.Empty());
    else success.setCurrentRevision(String(revision));
    if (outcome.position === undefined) success.setNoPosition(new emptyPb.Empty());
    else {
      const position = new sharedPb.AllStreamPosition();
      position.setCommitPosition(String(outcome.position));
      position.setPreparePosition(String(outcome.position));
      success.setPosition(position);
    }
    response.setSuccess(success);
  }

  async function remove(
    stream: string,
    expected: Expected,
    how: 'delete' | 'tombstone',
    answer: (error?: StatusObject) => void,
  ): Promise<void> {
    const refused = refusal(true);
    if (refused) {
      answer(refused);
      return;
    }
    const outcome = await written(() => store[how](stream, expected));
    if (outcome === 'lost') return;
    if (outcome.result === 'written') answer();
    else {
      const conflict = outcome.conflicts[0] as Conflict;
      answer(isDeleted(conflict) ? failures.streamDeleted(stream) : failures.wrongVersion(stream, conflict));
    }
  }
}

/** Whether a stream is called deleted, and not only elsewhere than expected. */
export function isDeleted({ current, softlyDeleted }: Conflict): boolean {
  return current === TOMBSTONE || softlyDeleted;
}
