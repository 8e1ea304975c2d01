/** Words that stand nowhere but in one field of one person, and where they are found. */
import { BSON, MongoClient } from 'mongodb';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { placeOf } from '../engines/engines.js';
import type { Folder } from '../folder.js';

/** Words by the field that they stand in, such as `contact.name`. No word is a part of another one. */
export class Canary {
  readonly #words = new Map<string, string>();

  /**
   * @param name of the person, in small letters
   * @param number of the person, from 10 to 99, for fields that take only digits
   */
  constructor(
    private readonly name: string,
    private readonly number: number,
  ) {}

  text(field: string): string {
    return this.#new(field, `zq${this.name}${field.replaceAll('.', '').toLowerCase()}qz`);
  }

  email(field: string): string {
    return `${this.text(field)}@example.com`;
  }

  site(field: string): string {
    return `https://${this.text(field)}.example.com`;
  }

  phone(field: string): string {
    return `+${this.#new(field, `4099${this.number}${String(this.#words.size).padStart(3, '0')}`)}`;
  }

  day(field: string): string {
    return this.#new(field, `19${this.number}-11-${10 + (this.#words.size % 20)}`);
  }

  /** The fields whose words stand in a text, whatever the case of letters. */
  in(text: string): readonly string[] {
    const lower = text.toLowerCase();
    return [...this.#words].flatMap(([field, word]) => (lower.includes(word) ? [field] : [])).sort();
  }

  /** The word of a field. */
  of(field: string): string {
    const word = this.#words.get(field);
    if (word === undefined) throw new TypeError(`There is no word of ${field}.`);
    return word;
  }

  /** All fields that have words, or those that begin with this. */
  fields(beginning = ''): readonly string[] {
    return [...this.#words.keys()].filter((field) => field.startsWith(beginning)).sort();
  }

  #new(field: string, word: string): string {
    if (this.#words.has(field) || [...this.#words.values()].includes(word)) throw new TypeError(`There already is a word of ${field}.`);
    this.#words.set(field, word);
    return word;
  }
}

/** Every byte of the log's files; of an event server the events as they are stored: `storedEvents`. */
export function logBytes({ events }: Folder): string {
  return bytesOf(events, `${events}-wal`, `${events}-shm`);
}

/** Every byte beside the log: of the data folder, of the keys, and every document of every collection where read models are on MongoDB. */
export async function bytesBeside(folder: Folder): Promise<string> {
  const { viewsUrl } = await placeOf(folder.path);
  const files = [folder.path, folder.keys].filter((path) => existsSync(path)).flatMap(filesIn);
  return bytesOf(...files) + (viewsUrl === undefined ? '' : await documentsOn(viewsUrl));
}

function filesIn(path: string): readonly string[] {
  return execFileSync('find', [path, '-type', 'f']).toString().split('\n').filter(Boolean);
}

/** In another process: closing a file drops the locks that this process has on it. A file may be removed meanwhile. */
function bytesOf(...files: readonly string[]): string {
  const { length } = files;
  if (length === 0) return '';
  return execFileSync('sh', ['-c', 'cat "$@" 2>/dev/null || true', 'sh', ...files], { maxBuffer: 512 * 1024 * 1024 }).toString('latin1');
}

/** All databases that the program made: that of the read models, and that of the keys. */
async function documentsOn(url: string): Promise<string> {
  const client = new MongoClient(url);
  try {
    const own = client.db().databaseName;
    const { databases } = await client.db().admin().listDatabases({ nameOnly: true });
    let text = '';
    for (const { name } of databases.filter(({ name }) => name.startsWith(own))) {
      for (const { name: collection } of await client.db(name).listCollections({}, { nameOnly: true }).toArray()) {
        for await (const document of client.db(name).collection(collection).find()) text += BSON.EJSON.stringify(document);
      }
    }
    return text;
  } finally {
    await client.close();
  }
}
