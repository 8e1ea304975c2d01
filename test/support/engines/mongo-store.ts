/** Stores of read models on a server that speaks MongoDB's protocol, each in a database of its own, for the conformance suite. */
import { BSON, MongoClient } from 'mongodb';
import { randomUUID } from 'node:crypto';
import { collectionsOf, type Collections } from '../../../src/views/mongo/layout.js';
import { openMongoViewReader, openMongoViewWriter } from '../../../src/views/mongo.js';
import type { ViewReader, ViewWriter } from '../../../src/views/port/store.js';
import { live } from '../../conformance/views/deals.js';
import type { ByHand, OpenStore } from '../../conformance/views/store.js';
import { dropDatabase } from './mongo-database.js';
import type { MongoServer } from './secantus.js';

/** Of both ways to read a list as of a moment, each is taken often. */
const NEARBY = 4;

export function storesOn(server: MongoServer): OpenStore {
  return async () => {
    const url = server.url();
    const opened: (ViewReader | ViewWriter)[] = [];
    const opening = <Side extends ViewReader | ViewWriter>(side: Side): Side => {
      opened.push(side);
      return side;
    };
    return {
      writer: async () => opening(await openMongoViewWriter({ url })),
      reader: async () => opening(await openMongoViewReader({ url, nearby: NEARBY })),
      byHand: byHand(url),
      holds: (text) => isStored(url, text),
      remove: async () => {
        await Promise.all(opened.map((side) => side.close()));
        await dropDatabase(url);
      },
    };
  };
}

/** Whether a text stands in a document of any collection. */
export async function isStored(url: string, text: string): Promise<boolean> {
  const client = new MongoClient(url);
  try {
    for (const { name } of await client.db().listCollections({}, { nameOnly: true }).toArray()) {
      for await (const document of client.db().collection(name).find()) if (BSON.EJSON.stringify(document).includes(text)) return true;
    }
    return false;
  } finally {
    await client.close();
  }
}

function byHand(url: string): ByHand {
  const run = async (work: (collections: Collections) => Promise<unknown>): Promise<void> => {
    const client = new MongoClient(url);
    try {
      await work(collectionsOf(client.db(), live, 0));
    } finally {
      await client.close();
    }
  };
  return {
    copy: (row, to) =>
      run(async ({ current, past }) => {
        const { key, since, until } = to;
        if (until === null) await current.insertOne({ ...(await current.findOne({ _id: row.key }))!, _id: key, since });
        else await past.insertOne({ ...(await past.findOne({ key: row.key, since: row.since }))!, _id: randomUUID(), key, since, until });
      }),
    move: (row, { key, since, until }) =>
      run(async ({ past }) => past.updateOne({ key: row.key, since: row.since }, { $set: { key, since, until: until! } })),
    addWord: (key, word) => run(async ({ current }) => current.updateOne({ _id: key }, { $push: { w: word } })),
  };
}
