/** The server: opens the data folder, starts projector and process managers, serves GraphQL, and ends cleanly. */
import 'reflect-metadata';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { projections } from '../projections/index.js';
import { answerWithin } from './api/http/deadline.js';
import { Metrics } from './api/metrics.js';
import { nestLogger } from './api/nest-logger.js';
import { watchUnusedConnections } from './api/http/unused-connections.js';
import { Readiness } from './api/readiness.js';
import { AppModule } from './app.module.js';
import type { Config } from './config.js';
import { openPolicyCheckpoints } from './engines.js';
import { createLogger, type Logger } from './logger.js';
import { policies } from './policies/index.js';
import { runPolicy } from './policies/runner.js';
import { ProjectorHost } from './projector/host.js';
import { openRuntime } from './runtime.js';
import { holdLock } from './sqlite/lock.js';

export interface Serving {
  /** Where it is served, such as http://127.0.0.1:4000. */
  readonly url: string;
  /** Resolves when every read model has caught up with what the log held at the start, or when it is closed before that. */
  readonly ready: Promise<void>;
  /** Finishes running requests, stops projecting, closes the files. */
  close(): Promise<void>;
}

/** The port is taken. */
export class PortInUse extends Error {
  override readonly name = 'PortInUse';
}

/**
 * Serves the data folder until closed.
 * @throws LockHeld when another server works on the folder, LogUnavailable or ViewsUnavailable when it can't be used, PortInUse.
 */
export async function serve(config: Config, logger: Logger = createLogger(config.logLevel)): Promise<Serving> {
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
    const lock = holdLock(join(config.dataDir, 'server.lock'));
    closing.push(() => lock.release());

    const metrics = new Metrics(() => readiness.report());
    const runtime = await openRuntime(config, {
      patienceMs: config.policyPatienceMs,
      onRefusal: ({ policy, step, event, rejection }) => {
        metrics.policyRefusal(policy);
        logger.error(
          { policy, step, event: event.id, stream: event.stream, code: rejection.code },
          "a process manager's command was refused",
        );
      },
    });
    closing.push(() => runtime.close());

    const readiness = new Readiness({ head: () => runtime.log.head(), expected: projections.length, lagMs: config.readyLagMs });
    await readiness.start();
    closing.push(() => readiness.stop());

    const told = new Set<string>();
    const projector = new ProjectorHost({
      config,
      onProgress: (progress) => {
        readiness.onProgress(progress);
        for (const { model, error } of progress) {
          if (error !== undefined && !told.has(model)) {
            logger.error({ model, error }, 'a read model stopped: an event could not be projected');
          }
          if (error !== undefined) told.add(model);
        }
      },
      onWarning: (message) => logger.warn(message),
    });
    projector.start();
    closing.push(() => projector.stop());

    const checkpoints = await openPolicyCheckpoints(config);
    closing.push(() => checkpoints.close());
    const stop = new AbortController();
    const { log, reactor } = runtime;
    const running = policies.map((policy) => {
      const onRetry = (failure: unknown): void =>
        logger.warn(
          { policy: policy.name, message: failure instanceof Error ? failure.message : String(failure) },
          'a process manager tries again',
        );
      return runPolicy({ log, checkpoints, reactor, policy, onRetry }, stop.signal);
    });
    closing.push(() => {
      stop.abort();
      return Promise.all(running);
    });

    const app = await NestFactory.create<NestFastifyApplication>(
      AppModule.of({ config, logger, runtime, readiness, metrics }),
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

async function untilReady(readiness: Readiness, closed: () => boolean): Promise<void> {
  while (!closed() && !readiness.report().ready) await sleep(20);
}
