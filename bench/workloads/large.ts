/** Measurements that must stay about the same with a log ten times as long. */
import { rmSync } from 'node:fs';
import type { Book } from '../book.js';
import { seedLog, type SeededLog } from '../seeded.js';
import type { Setting } from '../setting.js';
import { listsAsOf } from './as-of.js';
import { memoryOfLarge } from './memory.js';

const TIMES = 10;

export async function large(setting: Setting, book: Book, seeded: SeededLog): Promise<void> {
  const long = await seedLog(setting, setting.deals * TIMES);
  await memoryOfLarge(setting, book, seeded, long);
  await listsAsOf(setting, book, long, 'large_');
  rmSync(long.dataDir, { recursive: true });
}
