/** Commands on Nest's bus: one handler for all, since the record types bring their own rules. */
import { Inject } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { AnyCommand, CommandClass } from '../kernel/command.js';
import { commandSpec } from '../kernel/command.js';
import { Rejection } from '../kernel/rejection.js';
import type { Outcome } from '../pipeline/command-pipeline.js';
import type { Request } from '../pipeline/issued-command.js';
import { SERVICES, type Services } from './services.js';

/** A validated command and who asks for it. */
export class Execute {
  constructor(
    readonly command: AnyCommand,
    readonly request: Request,
  ) {}
}

@CommandHandler(Execute)
export class ExecuteHandler implements ICommandHandler<Execute, Outcome> {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  async execute({ command, request }: Execute): Promise<Outcome> {
    const { metrics, runtime } = this.services;
    const { name } = commandSpec(command.constructor as CommandClass);
    const start = performance.now();
    try {
      const outcome = await runtime.pipeline.execute(command, request);
      metrics.command(
        name,
        outcome.repeated ? 'repeated' : outcome.appended === 0 ? 'unchanged' : 'done',
        (performance.now() - start) / 1000,
      );
      return outcome;
    } catch (failure) {
      metrics.command(name, failure instanceof Rejection ? failure.code : 'failed');
      throw failure;
    }
  }
}
