/**
 * Reads that end by themselves: requests of the protocol over the connection of the client's JavaScript half, made with the client's own
 * definitions. The client's own reads go through its native half, where many wait 40 ms for a delayed acknowledgement and none can be
 * stopped; a subscription does not tell the end of a stream that is not there before KurrentDB. See docs/engines.md.
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

/** How long the server may say nothing. */
export interface Silence {
  /** In milliseconds. */
  readonly answerMs: number;
  /** Asked when it has been silent for that long; where it resolves, the server is waited for as long again. */
  readonly stillThere?: () => Promise<unknown>;
}

/**
 * Events of a stream from a revision on, oldest first, as the leader has them; none of a stream that is not there.
 * @throws NoAnswer, and what the client makes of the server's refusals, such as StreamDeletedError of a tombstoned stream
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
 * Events of all streams that end before a position, or from the end of the log, the last one first, as the leader has them.
 * @param streams a regular expression of their streams' names; all streams unless given
 * @throws NoAnswer, and what the client makes of the server's refusals
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

/** All that a call answers, until the server ends it. It is cancelled when the server falls silent. */
function answersOf(opening: Promise<Call>, { answerMs, stillThere }: Silence): Promise<readonly Stored[]> {
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
      const there = stillThere?.() ?? Promise.reject(new NoAnswer(answerMs));
      there.then(() => over || timer.refresh(), fail);
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
