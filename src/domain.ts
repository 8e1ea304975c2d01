/** The record types of all contexts in one place: what the pipeline runs, the API offers and the import can call. */
import type { CommandClass } from './kernel/command.js';
import { commandSpec } from './kernel/command.js';
import * as parties from './parties/index.js';
import * as sales from './sales/index.js';

export const commands: readonly CommandClass[] = [...sales.commands, ...parties.commands];

/** Commands by name. */
export const commandsByName: ReadonlyMap<string, CommandClass> = new Map(commands.map((command) => [commandSpec(command).name, command]));
