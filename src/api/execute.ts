/**
 * Commands of mutations on Nest's bus, as one message with one handler. A command is a value that has its definition, and all commands are
 * executed the same way: load, decide, append. The bus finds handlers by the class of a message, so a message per command would need a class for
 * each definition, and each class the same handler. Observers of the bus see every command with its name: `command.definition.name`.
 */
import { Inject } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Command } from '../kernel/command.js';
import { Rejection } from '../kernel/rejection.js';
import type { Outcome } from '../command-handling/command-handler.js';
import type { Request } from '../command-handling/issued-command.js';
import { SERVICES, type Services } from './services.js';

/** A valid command, and who issues it. */
export class Execute {
  constructor(
    readonly command: Command,
    readonly request: Request,
  ) {}
}

@CommandHandler(Execute)
export class ExecuteHandler implements ICommandHandler<Execute, Outcome> {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  async execute({ command, request }: Execute): Promise<Outcome> {
    const { metrics, runtime } = this.services;
    const { name } = command.definition;
    const start = performance.now();
    try {
      const outcome = await runtime.commandHandler.execute(command, request);
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
