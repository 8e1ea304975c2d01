/** Errors of writers: of commits and of the register. */
import type { Position } from '../../kernel/event.js';
import { KnownError } from '../../kernel/known-error.js';

/** Another process moved the checkpoint. Read it again and continue from there. */
export class CheckpointMoved extends KnownError {
  override readonly name = 'CheckpointMoved';
  readonly code = 'CHECKPOINT_MOVED';

  constructor(
    /** The name of a build or of a checkpoint. */
    readonly checkpoint: string,
    readonly expected: Position,
    readonly actual: Position,
  ) {
    super(`The checkpoint of ${checkpoint} is at ${actual}, not at ${expected}: another process moved it.`);
  }
}

/** The fold knew another number of erasures than the build has to. Raise the build, and fold again from its checkpoint. */
export class ErasuresMoved extends KnownError {
  override readonly name = 'ErasuresMoved';
  readonly code = 'ERASURES_MOVED';

  constructor(
    /** The name of a build. */
    readonly build: string,
    readonly expected: number,
    readonly actual: number,
  ) {
    super(`The documents of ${build} are folded knowing ${actual} erasures, not ${expected}: fold again.`);
  }
}

/** The build was dropped. */
export class BuildGone extends KnownError {
  override readonly name = 'BuildGone';
  readonly code = 'BUILD_GONE';

  constructor(readonly build: string) {
    super(`${build} does not exist: it was dropped.`);
  }
}

/** A build is not in a state that allows the operation. */
export class NotReady extends KnownError {
  override readonly name = 'NotReady';
  readonly code = 'NOT_READY';

  constructor(
    message: string,
    /** The input that named it. */
    readonly field = 'build',
  ) {
    super(message);
  }
}

/** A change that a store can't take. */
export interface Refusal {
  readonly key: string;
  readonly position: Position;
  readonly reason: string;
}

/** A document can't be stored as its handler returned it. */
export class DocumentRefused extends Error {
  override readonly name = 'DocumentRefused';

  constructor(
    readonly build: string,
    readonly key: string,
    /** The position of the refused change. */
    readonly position: Position,
    readonly reason: string,
    /** The first refused change of each other document of the build. */
    readonly others: readonly Refusal[] = [],
  ) {
    super(`${build} ${key}, position ${position}: ${reason}`);
  }
}
