/** The server: opens the data folder, starts projector and process managers, serves GraphQL, and ends cleanly. */
import 'reflect-metadata';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { KnownError } from './kernel/known-error.js';
import { messageOf } from './kernel/message-of.js';
import { answerWithin } from './api/http/deadline.js';
import { Metrics } from './api/metrics.js';
import { nestLogger } from './api/nest-logger.js';
import { watchUnusedConnections } from './api/http/unused-connections.js';
import { Readiness } from './api/readiness.js';
import { AppModule } from './app.module.js';
import { hasRole, type Config } from './config.js';
import { openPolicyCheckpoints } from './engines.js';
import { createLogger, type Logger } from './logger.js';
import { checkpointOf, runPolicy } from './policies/runner.js';
import { removeLeftScratch } from './projector/scratch-folder.js';
import { ProjectorHost } from './projector/host.js';
import { newHolder } from './leases/holders.js';
import { LeaseKeeper } from './leases/keeper.js';
import { isSpread } from './projector/settings.js';
import { Verifications } from './projector/verifications.js';
import { openRuntime, type Runtime } from './runtime.js';
import { holdLock } from './sqlite/lock.js';
import type { Lease } from './leases/port.js';

export interface Serving {
  /** Where it is served, such as http://127.0.0.1:4000. */
  readonly url: string;
  /** Resolves when every read model has caught up with what the log held at the start, or when it is closed before that. */
  readonly ready: Promise<void>;
  /** Finishes running requests, stops projecting, closes the files. */
  close(): Promise<void>;
}

/** The port is taken. */
export class PortInUse extends KnownError {
  override readonly name = 'PortInUse';
  readonly code = 'PORT_IN_USE';
}

/** What is served, where it is not this program's own. */
export interface Program {
  /** The URL of a module that exports `projections`. */
  readonly projections?: string;
}

/**
 * Serves the data folder until closed. Several servers may: one of them projects, the others wait to take over.
 * @throws LockHeld when an import works on the folder, LogUnavailable or ViewsUnavailable when it can't be used, PortInUse.
 */
export async function serve(config: Config, logger: Logger = createLogger(config.logLevel), program: Program = {}): Promise<Serving> {
  const closing: (() => unknown)[] = [];
  let closed = false;
  /** Every step is taken, whichever fails: a lock that is kept or a file left open helps nobody. */
  const close = async (): Promise<void> => {
    closed = true;
    const failures: unknown[] = [];
    for (const step of closing.splice(0).reverse()) {
      try {
        await step();
      } catch (failure) {
        failures.push(failure);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, `Daybook did not stop cleanly: ${failures.map(String).join('; ')}`);
  };
  try {
    const lock = holdLock(join(config.dataDir, 'server.lock'), { shared: true });
    closing.push(() => lock.release());
    await removeLeftScratch();

    const metrics = new Metrics(() => readiness.report());
    const runtime = await openRuntime(config, {
      ...program,
      patienceMs: config.policyPatienceMs,
      onRefusal: ({ policy, step, command, event, code, isNew }) => {
        if (!isNew) return;
        metrics.policyRefusal(policy);
        logger.error(
          { policy, step, command, event: event.id, stream: event.stream, code },
          'a command of a policy was refused: see policyRefusals',
        );
      },
    });
    closing.push(() => runtime.close());
    await runtime.starts.beginAll(runtime.domain.policies);

    const readiness = new Readiness({ log: runtime.log, served: runtime.served, lagMs: config.readyLagMs });
    await readiness.start();
    closing.push(() => readiness.stop());

    const projector = new ProjectorHost({
      config,
      ...(program.projections === undefined ? {} : { projections: program.projections }),
      onBatches: (batches) => metrics.projected(batches),
      onStop: (build, error) => logger.error({ build, error }, 'a read model stopped'),
      onWarning: (message) => logger.warn(message),
    });
    if (hasRole(config, 'projector')) {
      projector.start();
      closing.push(() => projector.stop());
    }

    if (hasRole(config, 'policies')) {
      const stop = new AbortController();
      const { ended } = await startPolicies(config, runtime, logger, stop.signal);
      closing.push(() => {
        stop.abort();
        return ended;
      });
    }

    const following = new AbortController();
    const followed = followErasures(runtime, following.signal, (message) => logger.warn(message));
    closing.push(() => {
      following.abort();
      return followed;
    });

    const verifications = new Verifications(config, program.projections);
    closing.push(() => verifications.close());

    const app = await NestFactory.create<NestFastifyApplication>(
      AppModule.of({ config, logger, runtime, readiness, metrics, verifications }),
      new FastifyAdapter({
        bodyLimit: config.bodyLimitBytes,
        requestTimeout: config.requestTimeoutMs,
        forceCloseConnections: 'idle',
      }),
      { logger: nestLogger(logger), abortOnError: false },
    );
    answerWithin(app.getHttpAdapter().getInstance(), config.requestTimeoutMs);
    const endUnused = watchUnusedConnections(app.getHttpServer());
    closing.push(() => {
      const ended = app.close();
      endUnused();
      return ended;
    });
    try {
      await app.listen(config.port, config.host);
    } catch (failure) {
      if ((failure as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw failure;
      throw new PortInUse(`Port ${config.port} is taken. Stop what uses it, or take another: DAYBOOK_PORT or --port.`, { cause: failure });
    }
    const url = (await app.getUrl()).replace('[::1]', '127.0.0.1');
    return { url, ready: untilReady(readiness, () => closed), close };
  } catch (failure) {
    // What kept it from starting is what there is to tell, whatever closing says.
    await close().catch(() => undefined);
    throw failure;
  }
}

/** Follows the log for every process manager, in one process at a time, until the signal aborts. */
async function startPolicies(
  config: Config,
  { log, reactor, starts, domain: { policies } }: Runtime,
  logger: Logger,
  signal: AbortSignal,
): Promise<{ readonly ended: Promise<void> }> {
  const checkpoints = await openPolicyCheckpoints(config);
  const tell = (policy: string) => (failure: unknown) =>
    logger.warn({ policy, message: messageOf(failure) }, 'a process manager tries again');
  const names = policies.map((policy) => checkpointOf(policy));
  const leases = new LeaseKeeper({
    store: checkpoints.leases,
    names: () => names,
    holder: newHolder(),
    spread: isSpread(config),
    onChange: () => undefined,
    onRetry: tell('all'),
  });
  const keeping = leases.keepRenewing(signal);
  const running = policies.map((policy) => {
    const lease = (): Lease | undefined => leases.lease(checkpointOf(policy));
    return runPolicy({ log, checkpoints, lease, reactor, starts, policy, onRetry: tell(policy.name) }, signal);
  });
  return {
    ended: Promise.all([...running, keeping])
      .then(() => leases.end())
      .then(() => checkpoints.close()),
  };
}

/** How long to wait before erasures are followed again after a failure, in milliseconds. */
const FOLLOW_AGAIN_MS = 1_000;

/** Learns of erasures by other processes, so that this one does not answer what they erased. */
async function followErasures({ erasures }: Runtime, signal: AbortSignal, warn: (message: string) => void): Promise<void> {
  while (!signal.aborted) {
    try {
      await erasures.follow(signal);
    } catch (failure) {
      if (!signal.aborted) warn(`Erasures are followed again after: ${messageOf(failure)}`);
    }
    await sleep(FOLLOW_AGAIN_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function untilReady(readiness: Readiness, closed: () => boolean): Promise<void> {
  while (!closed() && !readiness.report().ready) await sleep(20);
}
