/**
 * The server's process: `<file> [port] [--like 23.10|26.1] [--version 22.10.3] [--without batchappend]`; it answers like 23.10
 * unless told otherwise. It prints `listening <port>`, and takes orders from the process that forked it: a message
 * `{ id, order, ... }` is answered with `{ id, calls }` when it is done.
 */
import { Server, ServerCredentials, type handleUnaryCall, type ServiceDefinition } from '@grpc/grpc-js';
import gossipGrpc from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/gossip_grpc_pb.js';
import gossipPb from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/gossip_pb.js';
import featuresGrpc from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/serverfeatures_grpc_pb.js';
import featuresPb from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/serverfeatures_pb.js';
import type sharedPb from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/shared_pb.js';
import streamsGrpc from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_grpc_pb.js';
import sessionsGrpc from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v2/streams/streams_grpc_pb.js';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { parseArgs } from 'node:util';
import type { Certified } from '../certificates.js';
import { Faults, type Endpoint, type Orders } from './faults.js';
import { streamsHandlers } from './service.js';
import { sessionsHandlers } from './sessions.js';
import { Store } from './store.js';
import { toLike, VERSIONS } from './versions.js';

/** What the process that forked this one may ask for. */
export type Order =
  | { readonly order: 'faults'; readonly faults: Orders }
  | { readonly order: 'drop' }
  /** Answered with `calls`: how many of each method have been made. */
  | { readonly order: 'calls' }
  /** A record of the server's own. */
  | { readonly order: 'system'; readonly stream: string; readonly type: string }
  /** This node leads from now on: it takes up what the one before has written. */
  | { readonly order: 'lead' }
  /** Another node leads from now on, which writes the same file. */
  | { readonly order: 'follow'; readonly leader: Endpoint };

/** How often a follower looks for what its leader has written, in milliseconds. */
const REPLICATES_EVERY_MS = 10;

const { values: told, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    like: { type: 'string', default: '23.10' },
    version: { type: 'string' },
    without: { type: 'string', multiple: true, default: [] },
  },
});
const [path = '', port = '0'] = positionals;
const traits = VERSIONS[toLike(told.like)];
const store = new Store(path, traits.sessions);
const faults = new Faults();
const sockets = new Set<Socket>();

/** Features that methods of the first protocol's streams have. */
const FEATURES: Readonly<Record<string, readonly string[]>> = { read: ['position', 'events'], batchappend: ['deadline_duration'] };

/** What is served. */
const services: ServiceDefinition[] = [
  streamsGrpc.StreamsService,
  featuresGrpc.ServerFeaturesService,
  gossipGrpc.GossipService,
  ...(traits.sessions ? [sessionsGrpc.StreamsServiceService] : []),
];

/** How often each method was called. Appends that share a stream of appends are one call. */
const calls: Record<string, number> = {};

function counted<T extends object>(handlers: T): T {
  const wrapped = Object.entries(handlers).map(([name, handle]: [string, (...args: unknown[]) => unknown]) => [
    name,
    (...args: unknown[]) => {
      calls[name] = (calls[name] ?? 0) + 1;
      return handle(...args);
    },
  ]);
  return Object.fromEntries(wrapped) as T;
}

const grpc = new Server({ 'grpc.max_receive_message_length': traits.maxMessageSize, 'grpc.keepalive_permit_without_calls': 1 });
grpc.addService(streamsGrpc.StreamsService, { ...counted(streamsHandlers(store, faults, traits, drop)) });
grpc.addService(featuresGrpc.ServerFeaturesService, { getSupportedMethods: getSupportedMethods() });
grpc.addService(gossipGrpc.GossipService, { read: gossip() });
if (traits.sessions) grpc.addService(sessionsGrpc.StreamsServiceService, { ...counted(sessionsHandlers(store, faults, traits, drop)) });
const injector = grpc.createConnectionInjector(ServerCredentials.createInsecure());

/** A certificate and its key, where connections are to be encrypted. */
const certified = process.env['KURRENT_SERVER_TLS'];

const server = createServer((socket) => {
  sockets.add(socket);
  socket.on('close', () => sockets.delete(socket));
  socket.on('error', () => sockets.delete(socket));
  // A connection with a small answer pending must not wait for the client's acknowledgement.
  socket.setNoDelay(true);
  if (faults.silentPort) return;
  if (decrypted) decrypted.emit('connection', socket);
  else injector.injectConnection(socket);
});
// The injector takes no encrypted connections: they are decrypted before.
const decrypted =
  certified === undefined
    ? undefined
    : createTlsServer({ ...(JSON.parse(certified) as Certified), ALPNProtocols: ['h2'] }, (socket) => {
        socket.on('error', () => socket.destroy());
        injector.injectConnection(socket);
      });
server.listen(Number(port), '127.0.0.1', () => {
  console.log(`listening ${(server.address() as AddressInfo).port}`);
});

let replicating: NodeJS.Timeout | undefined;

process.on('message', (message: Order & { readonly id: number }) => {
  obey(message);
  process.send?.({ id: message.id, calls });
});
// The test's process is gone, however it went.
process.on('disconnect', () => process.exit());

function obey(order: Order): void {
  if (order.order === 'drop') drop();
  if (order.order === 'faults') faults.order(order.faults);
  if (order.order === 'system') store.system(order.stream, order.type);
  if (order.order === 'follow') {
    faults.order({ leader: order.leader });
    replicating ??= setInterval(() => store.load(), REPLICATES_EVERY_MS);
  }
  if (order.order === 'lead') {
    clearInterval(replicating);
    replicating = undefined;
    store.load();
    store.dropTornLine();
    faults.order({ leader: null });
  }
}

function drop(): void {
  for (const socket of sockets) socket.destroy();
}

function getSupportedMethods(): handleUnaryCall<sharedPb.Empty, featuresPb.SupportedMethods> {
  return (_, answer) => {
    const supported = new featuresPb.SupportedMethods();
    supported.setEventStoreServerVersion(told.version ?? traits.version);
    supported.setMethodsList(services.flatMap((service) => Object.values(service).flatMap(({ path }) => toSupported(path) ?? [])));
    void faults.pass().then(() => answer(null, supported));
  };
}

/** What is told of a method, by its path: its own name and its service's, in lower case. */
function toSupported(path: string): featuresPb.SupportedMethod | undefined {
  const [service = '', name = ''] = path.slice(1).toLowerCase().split('/');
  if (told.without.includes(name)) return undefined;
  const method = new featuresPb.SupportedMethod();
  method.setServiceName(service);
  method.setMethodName(name);
  const features = service.endsWith('.streams') ? FEATURES[name] : undefined;
  method.setFeaturesList((features ?? []).filter((feature) => !told.without.includes(`${name}:${feature}`)));
  return method;
}

function gossip(): handleUnaryCall<sharedPb.Empty, gossipPb.ClusterInfo> {
  return (_, answer) => {
    const own = { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
    const { LEADER, FOLLOWER } = gossipPb.MemberInfo.VNodeState;
    const { leader } = faults;
    const members = leader ? [member(leader, LEADER), member(own, FOLLOWER)] : [member(own, LEADER)];
    const info = new gossipPb.ClusterInfo();
    info.setMembersList(members);
    void faults.pass().then(() => answer(null, info));
  };
}

function member({ host, port: at }: Endpoint, state: gossipPb.MemberInfo.VNodeState): gossipPb.MemberInfo {
  const endpoint = new gossipPb.EndPoint();
  endpoint.setAddress(host);
  endpoint.setPort(at);
  const info = new gossipPb.MemberInfo();
  info.setHttpEndPoint(endpoint);
  info.setState(state);
  info.setIsAlive(true);
  info.setTimeStamp('0');
  return info;
}
