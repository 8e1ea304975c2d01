/** What resolvers work with: the services of the program, and what belongs to one request. */
import DataLoader from 'dataloader';
import type { Definitions } from '../../../contracts/definitions.js';
import { shifted } from '../../kernel/calendar.js';
import type { Command } from '../../kernel/command.js';
import type { Position } from '../../kernel/event.js';
import type { Document } from '../../kernel/projection.js';
import type { ReadModelSpec } from '../../kernel/read-model.js';
import { startOfDay } from '../../kernel/time-zone.js';
import type { EventLog } from '../../log/port.js';
import type { Outcome } from '../../command-handling/command-handler.js';
import type { Request } from '../../command-handling/issued-command.js';
import type { ReadModelAdministration } from '../../projector/read-model-administration.js';
import type { Verifications } from '../../projector/verifications.js';
import { hasBuild } from '../../views/port/build-identity.js';
import type { Build, Served } from '../../views/port/builds.js';
import type { ViewReader } from '../../views/port/store.js';
import type { ServedViews } from '../../views/serving/served-views.js';
import { Budget } from './budget.js';
import type { Connection } from './connection.js';

export interface ApiServices {
  readonly log: EventLog;
  /** Of the event types that this program knows. */
  readonly definitions: Definitions;
  /** The end of the log as it was noted last, without asking it. */
  readonly head: () => Position;
  readonly views: ViewReader;
  readonly served: ServedViews;
  readonly administration: ReadModelAdministration;
  readonly verifications: Verifications;
  readonly execute: (command: Command, request: Request) => Promise<Outcome>;
  readonly minPositionTimeoutMs: number;
  /** The company's, by its IANA name. */
  readonly timeZone: string;
  /** A subscriber that takes nothing for `ms` milliseconds while more than `events` events wait for it is told to come again. */
  readonly slowClient: { readonly ms: number; readonly events: number };
}

/** Resolves with true when the client has taken all that it was sent, with false when it takes nothing for so long, in milliseconds. */
export type Taken = (patienceMs: number) => Promise<boolean>;

/** Which state of the read models an answer shows. */
export interface Moment {
  /** As of after the event at this position; now when absent. */
  readonly asOf?: Position;
  /** At least this position must have been reached. */
  readonly min?: Position;
}

/** A past moment as clients name it: in one of three ways. */
export type PastMoment =
  | { readonly time: string }
  | { readonly position: Position }
  /** The end of the day in the company's zone. */
  | { readonly day: string };

/** Arguments that every root field takes. */
export interface MomentArguments {
  readonly asOf?: PastMoment | null;
  readonly minPosition?: Position | null;
}

/** The most records whose lists are asked for at once. */
const MOST_TOGETHER = 500;

const moments = new WeakMap<object, Moment>();

/** The moment that a document was read at, for the records that it refers to. */
export function momentOf(document: object): Moment {
  return moments.get(document) ?? {};
}

/** Marks a document with the moment that it was read at. */
export function at<T extends Document>(document: T, moment: Moment): T {
  if (moment.asOf !== undefined || moment.min !== undefined) moments.set(document, moment);
  return document;
}

/** One request. Apollo hands resolvers a copy of it, so it has no #private members. */
export class ApiContext {
  private readonly loaders = new Map<string, DataLoader<string, Document | null>>();
  private readonly lists = new Map<string, DataLoader<string, Connection<Document>>>();
  private readonly builds = new Map<ReadModelSpec, Build>();
  /** Of this answer: what it may still hold. */
  readonly budget = new Budget();

  constructor(
    readonly services: ApiServices,
    readonly request: Request,
    /** Of a subscription, whether its client keeps up; an answer over HTTP is one. */
    readonly taken: Taken = async () => true,
  ) {}

  /** The same, for the next answer of a subscription: nothing is known of records that were loaded for the answer before. */
  again(): ApiContext {
    return new ApiContext(this.services, this.request, this.taken);
  }

  /** The build of a read model that the whole request is answered from, whatever takes over meanwhile. */
  build(model: ReadModelSpec): Served {
    const build = this.builds.get(model) ?? this.services.served.build(model);
    if (hasBuild(build)) this.builds.set(model, build);
    return build;
  }

  /** One record of a read model, batched with the others that the same answer asks for. */
  async load(model: ReadModelSpec, key: string, moment: Moment): Promise<Document | null> {
    const name = `${model.name}/${moment.asOf ?? ''}/${moment.min ?? ''}`;
    let loader = this.loaders.get(name);
    if (!loader) {
      loader = new DataLoader(async (keys: readonly string[]) => {
        await this.reached(model, moment);
        return (await this.services.views.get(this.build(model), keys, moment.asOf)).map(
          (document) => document && at({ ...document }, moment),
        );
      });
      this.loaders.set(name, loader);
    }
    return loader.load(key);
  }

  /**
   * A page of a list that belongs to one record, batched with those of the others that the same answer asks for.
   * @param list names what is asked of each record
   * @param load answers the pages of several records, in their order
   */
  async page(
    list: string,
    record: string,
    load: (records: readonly string[]) => Promise<readonly Connection<Document>[]>,
  ): Promise<Connection<Document>> {
    const loader = this.lists.get(list) ?? new DataLoader(load, { maxBatchSize: MOST_TOGETHER });
    this.lists.set(list, loader);
    return loader.load(record);
  }

  /** The position that a past moment stands for; undefined when now is meant. */
  async past({ asOf }: Omit<MomentArguments, 'minPosition'>): Promise<Position | undefined> {
    if (!asOf) return undefined;
    if ('position' in asOf) return asOf.position;
    const { log, timeZone } = this.services;
    return log.positionAt('time' in asOf ? asOf.time : new Date(startOfDay(shifted(asOf.day, 1), timeZone) - 1).toISOString());
  }

  /** Brings the arguments of a root field to one moment, and waits until the read model has reached it. */
  async moment(model: ReadModelSpec, { minPosition, ...past }: MomentArguments): Promise<Moment> {
    const position = await this.past(past);
    const moment: Moment = { ...(position === undefined ? {} : { asOf: position }), ...(minPosition != null ? { min: minPosition } : {}) };
    await this.reached(model, moment);
    return moment;
  }

  /** Waits until the read model holds what the moment asks for: a past moment, too, must have been projected. */
  async reached(model: ReadModelSpec, { asOf = 0, min = 0 }: Moment): Promise<void> {
    const head = asOf > min ? await this.services.log.head() : 0;
    const wanted = Math.max(min, Math.min(asOf, head));
    if (wanted === 0) return;
    const { served, views, minPositionTimeoutMs: timeoutMs } = this.services;
    // Right after the first start, the projector has not begun to build it.
    if (!hasBuild(this.build(model))) await served.waitForBuild(model, timeoutMs);
    await views.waitFor(this.build(model), wanted, timeoutMs);
  }
}
