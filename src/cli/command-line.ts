/** Shared by all groups of commands: common options, and the parsers of option values. */
import { InvalidArgumentError, type Command } from 'commander';
import { messageOf } from '../kernel/message-of.js';
import { patterns } from '../../contracts/fields/index.js';
import type { Config } from '../config.js';
import { domain } from '../domain.js';
import { parseStreamName, type Stream } from '../kernel/event.js';
import type { Terminal } from './terminal.js';

/** Options that override settings. */
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
  /** Sets the exit code of the process. */
  readonly exit: (code: number) => void;
}

export const dataDirOption = ['--data-dir <folder>', 'folder of the log and the read models (setting dataDir)'] as const;
export const jsonOption = ['--json', 'print JSON'] as const;

export function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('Expected a whole number.');
  return Number(text);
}

/** A whole number of 1 or more. */
export function positiveNumber(text: string): number {
  const number = wholeNumber(text);
  if (number === 0) throw new InvalidArgumentError('Expected a whole number of 1 or more.');
  return number;
}

export function userId(text: string): string {
  if (!patterns.user.test(text)) throw new InvalidArgumentError('Expected a user id: 1 to 100 letters, digits or "_.:-".');
  return text;
}

export function eventId(text: string): string {
  if (!patterns.uuid.test(text)) throw new InvalidArgumentError('Expected the id of an event, a UUID.');
  return text;
}

/** Names of event types, separated by commas. */
export function eventTypes(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.includes('')) throw new InvalidArgumentError('Expected names of event types, separated by commas.');
  const unknown = names.filter((name) => !domain.definitions(name));
  if (unknown.length > 0) {
    throw new InvalidArgumentError(`There is no event type ${unknown.join(', ')}; contracts/events.schema.json lists them.`);
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
