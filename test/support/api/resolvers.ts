/** The contract's resolvers on a log and read models of their own, in one process and without HTTP. */
import { graphql, type GraphQLError } from 'graphql';
import { contractOf } from '../../../src/api/contract.js';
import { ApiContext, type ApiServices } from '../../../src/api/graphql/context.js';
import { domain } from '../../../src/domain.js';
import { openEmbeddedLog } from '../../../src/log/embedded.js';
import { CommandHandler, type Outcome } from '../../../src/command-handling/command-handler.js';
import { Projector } from '../../../src/projector/projector.js';
import { openEmbeddedViewReader, openEmbeddedViewWriter } from '../../../src/views/embedded.js';
import type { ViewReader } from '../../../src/views/port/store.js';
import { ServedViews } from '../../../src/views/serving/served-views.js';
import { temporaryFolder } from '../folder.js';
import { overriding } from '../overriding.js';

const schema = contractOf(domain, domain.projections);

export interface Answer {
  readonly data: Readonly<Record<string, unknown>> | null;
  readonly errors: readonly GraphQLError[];
}

export interface Resolvers {
  /** Runs a command. Read models follow when something is asked. */
  readonly send: (name: string, input: object) => Promise<Outcome>;
  readonly ask: (source: string, variables?: Readonly<Record<string, unknown>>) => Promise<Answer>;
  /** The questions that were put to the read models since the last call, each by the name of its method and its read model. */
  readonly questions: () => readonly string[];
  readonly close: () => Promise<void>;
}

/** @param replaced what the read models answer instead */
export async function openResolvers(replaced: Partial<ViewReader> = {}): Promise<Resolvers> {
  const folder = temporaryFolder();
  const log = openEmbeddedLog({ file: folder.events });
  const writer = await openEmbeddedViewWriter({ file: folder.views });
  const reader = await openEmbeddedViewReader({ file: folder.views, threads: 0 });
  const pipeline = new CommandHandler({ log, definitions: domain.definitions });
  const asked: string[] = [];
  const views = overriding(
    noting(reader, (question) => asked.push(question)),
    replaced,
  );
  const project = async () => new Projector({ log, views: writer, reader, projections: domain.projections }).catchUp();
  return {
    send: async (name, input) => {
      const command = domain.commands.find((each) => each.name === name);
      if (!command) throw new Error(`There is no command ${name}.`);
      return pipeline.execute(command.from(input), { actor: 'ana' });
    },
    ask: async (source, variableValues = {}) => {
      await project();
      const served = new ServedViews(
        reader,
        domain.projections.map(({ model }) => model),
      );
      await served.start();
      const services: Omit<ApiServices, 'head' | 'administration' | 'verifications'> = {
        log,
        definitions: domain.definitions,
        views,
        served,
        timeZone: 'UTC',
        minPositionTimeoutMs: 100,
        slowClient: { ms: 100, events: 0 },
        execute: (...given: Parameters<CommandHandler['execute']>) => pipeline.execute(...given),
      };
      const contextValue = new ApiContext(services as ApiServices, { actor: 'ana' });
      const { data, errors = [] } = await graphql({ schema, source, variableValues, contextValue });
      served.stop();
      return { data: JSON.parse(JSON.stringify(data ?? null)) as Answer['data'], errors };
    },
    questions: () => asked.splice(0),
    close: async () => {
      await reader.close();
      await writer.close();
      await log.close();
      folder.remove();
    },
  };
}

/** A reader that tells of each question for documents before it answers. */
function noting(reader: ViewReader, note: (question: string) => void): ViewReader {
  return overriding(reader, {
    get: (build, keys, asOf) => {
      note(`get ${build.model.name}`);
      return reader.get(build, keys, asOf);
    },
    list: (build, query) => {
      note(`list ${build.model.name}`);
      return reader.list(build, query);
    },
    count: (build, selection) => {
      note(`count ${build.model.name}`);
      return reader.count(build, selection);
    },
  });
}
