/** What every group of commands is made of: the settings of a command line, what it prints on, and the values that its options take. */
import { InvalidArgumentError, type Command } from 'commander';
import { messageOf } from '../kernel/message-of.js';
import { definitionOf } from '../../contracts/index.js';
import type { Config } from '../config.js';
import { parseStreamName, type Stream } from '../kernel/event.js';
import { patterns } from '../kernel/field.js';
import type { Terminal } from './terminal.js';

/** Options that every command on a data folder has. */
export interface Settings {
  readonly dataDir?: string;
  readonly port?: string;
  readonly role?: string;
}

export interface CommandLine {
  readonly program: Command;
  readonly terminal: Terminal;
  /** @throws InvalidConfig */
  readonly config: (settings: Settings) => Config;
  /** What the process ends with. */
  readonly exit: (code: number) => void;
}

export const dataDirOption = ['--data-dir <folder>', 'folder of the log and the read models (setting dataDir)'] as const;
export const jsonOption = ['--json', 'print JSON for programs'] as const;

export function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('Expected a whole number.');
  return Number(text);
}

/** From 1. */
export function positiveNumber(text: string): number {
  const number = wholeNumber(text);
  if (number === 0) throw new InvalidArgumentError('Expected a whole number from 1.');
  return number;
}

export function userId(text: string): string {
  if (!patterns.user.test(text)) throw new InvalidArgumentError('Expected a user id: 1 to 100 letters, digits or "_.@:-".');
  return text;
}

export function eventId(text: string): string {
  if (!patterns.uuid.test(text)) throw new InvalidArgumentError('Expected the id of an event, a UUID.');
  return text;
}

/** Names of event types with commas between them. */
export function eventTypes(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.includes('')) throw new InvalidArgumentError('Expected names of event types, with commas between them.');
  const unknown = names.filter((name) => !definitionOf(name));
  if (unknown.length > 0) {
    throw new InvalidArgumentError(`There is no event type ${unknown.join(', ')}; docs/cli.md says where they are listed.`);
  }
  return names;
}

export function streamNamed(text: string): Stream {
  try {
    return parseStreamName(text);
  } catch (failure) {
    throw new InvalidArgumentError(messageOf(failure));
  }
}
