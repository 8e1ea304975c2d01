/** The contexts of this program. */
import type { Context } from '../kernel/context.js';
import { operations } from './operations.js';
import { parties } from './parties.js';
import { sales } from './sales.js';

export const contexts: readonly Context[] = [operations, sales, parties];
