/**
 * Reads with a timeout: requests of the protocol over the client's JavaScript connection, built with the client's own definitions. The
 * client's own reads use its native library, where many wait 40 ms for a delayed acknowledgement and none can be cancelled; before KurrentDB,
 * a subscription does not report the end of a stream that does not exist. See docs/engines.md.
 */
import type { KurrentDBClient } from '@kurrent/kurrentdb-client';
import { convertGrpcEvent } from '@kurrent/kurrentdb-client/dist/utils/convertGrpcEvent.js';
import { createStreamIdentifier } from '@kurrent/kurrentdb-client/dist/utils/grpcStreamIdentifier.js';
import sharedPb from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/shared_pb.js';
import streamsPb from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_pb.js';
import type { Position } from '../../kernel/event.js';
import { callFailure, NoAnswer } from './failure.js';
import { openRead, type Call } from './internals.js';
import type { Stored } from './record.js';

const { Empty } = sharedPb;
const { ReadReq } = streamsPb;
const { Options } = ReadReq;

/** How long the server may be silent. */
export interface Silence {
  /** In milliseconds. */
  readonly answerMs: number;
  /** Called when it has been silent for that long. If it resolves, the wait is extended by the same time. */
  readonly isAlive?: () => Promise<unknown>;
}

/**
 * Events of a stream from a revision on, oldest first, from the leader; none if the stream does not exist.
 * @throws NoAnswer, and the client's errors, such as StreamDeletedError for a tombstoned stream
 */
export async function readStream(
  client: KurrentDBClient,
  stream: string,
  { from, count, ...silence }: Silence & { readonly from: number; readonly count: number },
): Promise<readonly Stored[]> {
  const where = new Options.StreamOptions();
  where.setStreamIdentifier(createStreamIdentifier(stream));
  where.setRevision(String(from));
  const options = optionsOf(Options.ReadDirection.FORWARDS, count);
  options.setStream(where);
  options.setNoFilter(new Empty());
  return read(client, options, silence);
}

/**
 * Events of all streams before a position, or from the end of the log, the last one first, from the leader.
 * @param streams a regular expression for stream names. Defaults to all streams.
 * @throws NoAnswer, and the client's errors
 */
export async function readAllBackwards(
  client: KurrentDBClient,
  {
    before,
    count,
    streams,
    ...silence
  }: Silence & { readonly before?: Position | bigint | undefined; readonly count: number; readonly streams?: string },
): Promise<readonly Stored[]> {
  const where = new Options.AllOptions();
  if (before === undefined) where.setEnd(new Empty());
  else {
    const position = new Options.Position();
    position.setCommitPosition(String(before));
    position.setPreparePosition(String(before));
    where.setPosition(position);
  }
  const options = optionsOf(Options.ReadDirection.BACKWARDS, count);
  options.setAll(where);
  if (streams === undefined) options.setNoFilter(new Empty());
  else options.setFilter(streamsLike(streams));
  return read(client, options, silence);
}

function optionsOf(direction: streamsPb.ReadReq.Options.ReadDirection, count: number): streamsPb.ReadReq.Options {
  const ids = new Options.UUIDOption();
  ids.setString(new Empty());
  const options = new Options();
  options.setReadDirection(direction);
  options.setCount(String(count));
  options.setUuidOption(ids);
  return options;
}

function streamsLike(regex: string): streamsPb.ReadReq.Options.FilterOptions {
  const names = new Options.FilterOptions.Expression();
  names.setRegex(regex);
  const filter = new Options.FilterOptions();
  filter.setStreamIdentifier(names);
  filter.setCount(new Empty());
  filter.setCheckpointintervalmultiplier(1);
  return filter;
}

function read(client: KurrentDBClient, options: streamsPb.ReadReq.Options, silence: Silence): Promise<readonly Stored[]> {
  const request = new ReadReq();
  request.setOptions(options);
  return answersOf(openRead(client, request), silence);
}

/** All responses of a call, until the server ends it. It is cancelled when the server is silent for too long. */
function answersOf(opening: Promise<Call>, { answerMs, isAlive }: Silence): Promise<readonly Stored[]> {
  return new Promise((resolve, reject) => {
    const events: Stored[] = [];
    let over = false;
    let call: Call | undefined;
    const end = (outcome: () => void): void => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      outcome();
    };
    const fail = (error: unknown): void =>
      end(() => {
        reject(callFailure(error));
        call?.cancel();
      });
    const timer: NodeJS.Timeout = setTimeout(() => {
      const alive = isAlive?.() ?? Promise.reject(new NoAnswer(answerMs));
      alive.then(() => over || timer.refresh(), fail);
    }, answerMs);
    opening.then((opened) => {
      call = opened;
      opened.on('error', fail);
      if (over) {
        opened.cancel();
        return;
      }
      opened.on('data', (answer: streamsPb.ReadResp) => {
        timer.refresh();
        try {
          const event = answer.getEvent();
          const { event: stored } = event ? convertGrpcEvent<{ readonly event?: Stored }>(event) : {};
          if (stored) events.push(stored);
        } catch (error) {
          fail(error);
        }
      });
      opened.on('end', () => end(() => resolve(events)));
    }, fail);
  });
}
