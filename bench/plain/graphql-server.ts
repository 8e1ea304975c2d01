/** The limit of queries: a minimal standalone Apollo Server on a plain SQLite table with the same rows. */
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { DatabaseSync } from '@photostructure/sqlite';

const typeDefs = `
  type Money { amount: String! currency: String! }
  type Opportunity {
    id: ID! name: String! stageName: String! status: String! ownerId: ID! amount: Money! expectedClose: String revision: Int!
  }
  type Query { opportunities(stage: String!, first: Int!): [Opportunity!]! opportunity(id: ID!): Opportunity }`;

interface Row {
  readonly amount: number;
  readonly currency: string;
}

const [file = ''] = process.argv.slice(2);
const database = new DatabaseSync(file);
const list = database.prepare('SELECT * FROM opportunities WHERE stageName = ? ORDER BY amount DESC LIMIT ?');
const one = database.prepare('SELECT * FROM opportunities WHERE id = ?');
const toOpportunity = ({ amount, currency, ...row }: Row) => ({ ...row, amount: { amount: String(amount), currency } });

const resolvers = {
  Query: {
    opportunities: (_: unknown, { stage, first }: { readonly stage: string; readonly first: number }) =>
      (list.all(stage, first) as Row[]).map(toOpportunity),
    opportunity: (_: unknown, { id }: { readonly id: string }) => {
      const row = one.get(id) as Row | undefined;
      return row ? toOpportunity(row) : null;
    },
  },
};

const { url } = await startStandaloneServer(new ApolloServer({ typeDefs, resolvers }), { listen: { port: 0, host: '127.0.0.1' } });
process.send?.(Number(new URL(url).port));
// Keeps a reference to the connection: the driver closes one that is garbage-collected.
process.once('message', () => {
  database.close();
  process.exit();
});
