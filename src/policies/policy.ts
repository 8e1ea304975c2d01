/** A process manager: an event in, commands out. Its commands' ids derive from the event's, so it may run twice and act once. */
import type { AnyCommand } from '../kernel/command.js';
import type { RecordedEvent } from '../kernel/event.js';
import type { Served } from '../views/builds.js';
import type { ViewReader } from '../views/port.js';

export interface Step {
  /** Tells this step from the policy's others for the same event: part of the command's id. */
  readonly name: string;
  /** Without a commandId: it is derived. */
  readonly command: AnyCommand;
}

/** What a policy may look at besides the event. */
export interface PolicyContext {
  /** The read models; a policy that asks them waits until they have reached its event. */
  readonly views: ViewReader;
  /** The build of a read model that answers now, waited for while there is none. @throws TypeError when there is no such read model */
  readonly build: (readModel: string) => Promise<Served>;
}

export interface Policy {
  /** Part of its commands' ids: never changed once it has run. */
  readonly name: string;
  readonly types: readonly string[];
  /** It asks the read models, so that its event must have its place in the log. */
  readonly asksViews: boolean;
  /** The commands that follow from the event, in order; the same ones each time. */
  readonly react: (event: RecordedEvent, context: PolicyContext) => Iterable<Step> | AsyncIterable<Step>;
}
