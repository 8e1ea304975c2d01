/** Events whose sealed fields are opened when somebody asks for their data. */
import { fieldsAt } from '../../contracts/event.js';
import type { Definitions } from '../../contracts/definitions.js';
import type { AnyFields } from '../../contracts/fields/kind.js';
import type { RecordedEvent, Withheld } from '../kernel/event.js';
import { open } from './cipher.js';
import { hasSealed, merge, withheld } from '../../contracts/sealed-fields.js';

type Data = Readonly<Record<string, unknown>>;

const RECORDED = Symbol('the event as it was read');

/** An event that keeps how it was read, with its sealed parts closed. */
interface Opened extends RecordedEvent {
  readonly [RECORDED]: RecordedEvent;
}

/** A part's key, or why it is withheld. */
export type KeyOrWithheld = (k: string) => Buffer | Withheld;

/** The event with its data opened, once, when it is asked for. Parts that are withheld are null in it. */
export function openedEvent(event: RecordedEvent, keyOf: KeyOrWithheld, definitions: Definitions): RecordedEvent {
  const { sealed } = event;
  if (!sealed) return event;
  const parts = sealed.map((part) => ({ part, key: keyOf(part.k) }));
  const why = parts.map(({ key }) => key).find((key) => typeof key === 'string');
  let data: unknown;
  const opened: Opened = {
    ...event,
    [RECORDED]: event,
    get data(): unknown {
      if (data !== undefined) return data;
      data = why === undefined ? event.data : nulled(event, definitions);
      for (const { part, key } of parts) if (typeof key !== 'string') data = merge(data, open(part, key, event));
      return data;
    },
    ...(why === undefined ? {} : { withheld: why }),
  };
  return opened;
}

/** The event as those see it who must not depend on sealed fields: these are null, whether they could be opened or not. */
export function withoutSealed(event: RecordedEvent, definitions: Definitions): RecordedEvent {
  const recorded = (event as Partial<Opened>)[RECORDED] ?? event;
  const fields = sealedFields(recorded, definitions);
  return fields ? { ...recorded, data: withheld(fields, recorded.data as Data) } : event;
}

function nulled(event: RecordedEvent, definitions: Definitions): unknown {
  const fields = sealedFields(event, definitions);
  return fields ? withheld(fields, event.data as Data) : event.data;
}

/** The fields of the event's version, if any is sealed. */
function sealedFields({ type, version }: RecordedEvent, definitions: Definitions): AnyFields | undefined {
  const definition = definitions(type);
  const fields = definition && fieldsAt(definition, version);
  return fields && hasSealed(fields) ? fields : undefined;
}
