/** What the document of every record has, whatever the record, and the projection that keeps it so. */
import type { NewEvent } from '../../contracts/event.js';
import type { Recorded, RecordedEvent } from './event.js';
import { Id, Instant, Int, User } from './field-type.js';
import { projection, type Plain, type Projection } from './projection.js';
import { Column } from './read-model.js';

export abstract class RecordDocument {
  @Column(Id)
  readonly id!: string;

  @Column(Instant, { filter: true, sort: true, description: 'When it began, in the world.' })
  readonly createdAt!: string;

  @Column(Instant, { description: 'When it last changed, in the world.' })
  readonly updatedAt!: string;

  @Column(Int(0), { description: 'Where the record stands; send it as expectedRevision to change nothing that you have not seen.' })
  readonly revision!: number;

  @Column(User, { filter: true, dimension: true })
  readonly owner!: string;
}

/** What the projection itself fills in. */
type Stamp = 'id' | 'createdAt' | 'updatedAt' | 'revision';

type Handlers<Doc, Event extends NewEvent> = {
  readonly [Type in Event['type']]: (document: Plain<Doc>, event: Recorded<Extract<Event, { type: Type }>>) => Omit<Doc, Stamp>;
};

/**
 * A document for each record of one type. Every event of the record is named, or its revision would be wrong.
 * The handler of a record's first event finds `undefined` where it expects a document, and doesn't look.
 */
export function recordProjection<Doc extends RecordDocument, Event extends NewEvent>(
  document: abstract new () => Doc,
  on: Handlers<Doc, Event>,
): Projection {
  const handlers = Object.entries(on as unknown as Readonly<Record<string, (document: Doc, event: RecordedEvent) => Omit<Doc, Stamp>>>);
  const stamped = handlers.map(([type, handler]) => [
    type,
    (current: Doc | undefined, event: RecordedEvent) => {
      if (!current && event.revision > 0) {
        throw new RangeError(`${event.stream.type} ${event.stream.id}: there is no document, but ${type} is not the record's first event.`);
      }
      return {
        id: event.stream.id,
        ...handler(current as Doc, event),
        createdAt: current?.createdAt ?? event.metadata.occurredAt,
        updatedAt: event.metadata.occurredAt,
        revision: event.revision,
      };
    },
  ]);
  return projection<Doc, NewEvent>(document, {
    key: (event) => event.stream.id,
    on: Object.fromEntries(stamped) as Parameters<typeof projection<Doc, NewEvent>>[1]['on'],
  });
}
