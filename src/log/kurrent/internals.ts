/**
 * Private parts of the client that are used here: its connection, for requests that its API makes badly or not at all, and
 * what it knows of the server. The client is pinned to one version; every test of the log fails if this changes.
 */
import type { KurrentDBClient } from '@kurrent/kurrentdb-client';
import featuresGrpc from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/serverfeatures_grpc_pb.js';
import type featuresPb from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/serverfeatures_pb.js';
import sharedPb from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/shared_pb.js';
import streamsGrpc from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_grpc_pb.js';
import type streamsPb from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_pb.js';
import type { Readable } from 'node:stream';

const { Empty } = sharedPb;

/** A call with streamed responses. */
export type Call = Readable & { cancel(): void };

/** The arguments of a call: credentials, node and deadline. */
type Arguments = Parameters<streamsGrpc.StreamsClient['read']> extends [unknown, ...infer Rest] ? Required<Rest> : never;

/** A bidirectional streaming call. */
export type DuplexCall = ReturnType<streamsGrpc.StreamsClient['batchAppend']>;

interface Internals {
  callArguments(about: { readonly requiresLeader: boolean }, options: { readonly deadline: number | Date }): Arguments;
  execute<T>(
    service: typeof featuresGrpc.ServerFeaturesClient,
    name: string,
    call: (features: featuresGrpc.ServerFeaturesClient) => Promise<T>,
  ): Promise<T>;
  GRPCStreamCreator<T extends Call>(
    service: typeof streamsGrpc.StreamsClient,
    name: string,
    make: (streams: streamsGrpc.StreamsClient) => T,
  ): () => Promise<T>;
  supports(method: { readonly path: string }): Promise<boolean>;
}

/** The connection of each client's last call. */
const channels = new WeakMap<KurrentDBClient, { close(): void }>();

/** Reads from the leader, without a deadline: the caller cancels the call. If another node leads, the call fails and the client connects to it. */
export function openRead(client: KurrentDBClient, request: streamsPb.ReadReq): Promise<Call> {
  return openAtLeader(client, 'read', (streams, ...about) => streams.read(request, ...about));
}

/** Opens a call for any number of appends through the leader. It ends when the leader changes or the client is discarded. */
export function openAppends(client: KurrentDBClient): Promise<DuplexCall> {
  return openAtLeader(client, 'appendToStream', (streams, ...about) => streams.batchAppend(...about));
}

function openAtLeader<T extends Call>(
  client: KurrentDBClient,
  name: string,
  make: (streams: streamsGrpc.StreamsClient, ...about: Arguments) => T,
): Promise<T> {
  const internals = internalsOf(client);
  const about = internals.callArguments({ requiresLeader: true }, { deadline: Infinity });
  const open = internals.GRPCStreamCreator(streamsGrpc.StreamsClient, name, (streams) => {
    channels.set(client, streams.getChannel());
    return make(streams, ...about);
  });
  return open();
}

/** Whether the server supports many appends over one call. */
export function takesManyAppends(client: KurrentDBClient): Promise<boolean> {
  return internalsOf(client).supports(streamsGrpc.StreamsService.batchAppend);
}

/** The server's version and methods. @param ms the time limit, in milliseconds */
export function supportedMethods(client: KurrentDBClient, ms: number): Promise<featuresPb.SupportedMethods> {
  const internals = internalsOf(client);
  const [metadata, options] = internals.callArguments({ requiresLeader: false }, { deadline: new Date(Date.now() + ms) });
  return internals.execute(featuresGrpc.ServerFeaturesClient, 'getSupportedMethods', (features) => {
    channels.set(client, features.getChannel());
    return new Promise((resolve, reject) => {
      features.getSupportedMethods(new Empty(), metadata, options, (error, methods) => (error ? reject(error) : resolve(methods)));
    });
  });
}

/** Closes a client's connection; its running calls fail. */
export async function discard(client: KurrentDBClient): Promise<void> {
  await client.dispose();
  // The client leaves it open, and a connection to a silent server keeps the process alive.
  channels.get(client)?.close();
}

function internalsOf(client: KurrentDBClient): Internals {
  return client as unknown as Internals;
}
