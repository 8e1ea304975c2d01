/**
 * What the client keeps for methods of its own, and is used here all the same: its connection, for requests that it makes badly or not at all,
 * and what it has learnt of the server. It is pinned to one version; every test of the log notices when this changes.
 */
import type { KurrentDBClient } from '@kurrent/kurrentdb-client';
import featuresGrpc from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/serverfeatures_grpc_pb.js';
import type featuresPb from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/serverfeatures_pb.js';
import sharedPb from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/shared_pb.js';
import streamsGrpc from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_grpc_pb.js';
import type streamsPb from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_pb.js';
import type { Readable } from 'node:stream';

const { Empty } = sharedPb;

/** A call that the server answers with messages. */
export type Call = Readable & { cancel(): void };

/** What a call says of itself: who asks, of which node, and until when. */
type Arguments = Parameters<streamsGrpc.StreamsClient['read']> extends [unknown, ...infer Rest] ? Required<Rest> : never;

/** A call in which both sides send messages. */
export type Conversation = ReturnType<streamsGrpc.StreamsClient['batchAppend']>;

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

/** The connection that each client has made its last call on. */
const channels = new WeakMap<KurrentDBClient, { close(): void }>();

/** Asks the leader, without a deadline: whoever waits cancels the call. Where another node leads, the client goes there and the call fails. */
export function openRead(client: KurrentDBClient, request: streamsPb.ReadReq): Promise<Call> {
  return openAtLeader(client, 'read', (streams, ...about) => streams.read(request, ...about));
}

/** A call for any number of appends through the leader; it ends when that is another node, or the client is discarded. */
export function openAppends(client: KurrentDBClient): Promise<Conversation> {
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

/** Whether the server takes any number of appends over one call. */
export function takesManyAppends(client: KurrentDBClient): Promise<boolean> {
  return internalsOf(client).supports(streamsGrpc.StreamsService.batchAppend);
}

/** What the server says of itself. @param ms how long it may take to say it */
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

/** Ends all that a client has under way, and its connection; those calls fail. */
export async function discard(client: KurrentDBClient): Promise<void> {
  await client.dispose();
  // The client leaves it open, and one that a silent server never completes keeps the process alive.
  channels.get(client)?.close();
}

function internalsOf(client: KurrentDBClient): Internals {
  return client as unknown as Internals;
}
