/** Health checks and metrics. */
import { Controller, Get, Header, Inject, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { SERVICES, type Services } from '../services.js';

@Controller()
export class OperationsController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  /** 200 as long as the process responds. */
  @Get('health/live')
  live(): { readonly status: string } {
    return { status: 'live' };
  }

  /** 200 when every read model keeps up with the log, 503 while one is behind; with the progress of each. */
  @Get('health/ready')
  async ready(@Res() reply: FastifyReply): Promise<void> {
    const { ready, head, models } = this.services.readiness.report();
    await reply.status(ready ? 200 : 503).send({ status: ready ? 'ready' : 'behind', head: String(head), models });
  }

  @Get('metrics')
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  metrics(): Promise<string> {
    return this.services.metrics.registry.metrics();
  }
}
