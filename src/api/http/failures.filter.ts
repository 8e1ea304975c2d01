/** Formats HTTP errors outside of GraphQL, such as a malformed body or an unknown path, like GraphQL errors. */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Catch, Inject, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { SERVICES, type Services } from '../services.js';

/** How long the rest of a body that is too large is read and discarded, in milliseconds. */
const DRAIN_MS = 2_000;

@Catch()
export class FailuresFilter implements ExceptionFilter {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  async catch(failure: unknown, host: ArgumentsHost): Promise<void> {
    const { config, logger } = this.services;
    const status = statusOf(failure);
    if (status >= 500) {
      logger.error({ err: failure instanceof Error ? { type: failure.name, stack: failure.stack } : String(failure) }, 'a request failed');
    }
    const [code, message] =
      status === 413
        ? ['BODY_TOO_LARGE', `The body of the request exceeds the limit of ${config.bodyLimitBytes} bytes.`]
        : status < 500 && failure instanceof Error
          ? [status === 404 ? 'NOT_FOUND' : 'BAD_REQUEST', failure.message]
          : ['INTERNAL_SERVER_ERROR', 'An internal error occurred. The log of the server has the details.'];
    if (status === 413) await drained(host.switchToHttp().getRequest<FastifyRequest>().raw);
    await host
      .switchToHttp()
      .getResponse<FastifyReply>()
      .status(status)
      .type('application/json; charset=utf-8')
      .header('cache-control', 'no-store')
      .send(JSON.stringify({ errors: [{ message, extensions: { code } }] }));
  }
}

/** The status is in `getStatus` of Nest's errors and in `statusCode` of Fastify's. */
function statusOf(failure: unknown): number {
  const { getStatus, statusCode } = (failure ?? {}) as { readonly getStatus?: () => number; readonly statusCode?: unknown };
  const status = typeof getStatus === 'function' ? getStatus.call(failure) : statusCode;
  return typeof status === 'number' && status >= 400 && status < 600 ? status : 500;
}

/** Reads on, so that a client that is still sending gets the response instead of a connection error. */
async function drained(body: IncomingMessage): Promise<void> {
  if (body.readableEnded) return;
  const late = new AbortController();
  const ended = once(body.resume(), 'end', { signal: late.signal }).catch(() => undefined);
  await Promise.race([ended, sleep(DRAIN_MS, undefined, { ref: false })]);
  late.abort();
}
