/** Failures that say that somebody else has the work. */
import { BuildGone, CheckpointMoved, LeaseLost } from '../views/errors.js';
import { Indivisible } from './division.js';

/** Another projector works on it, an operator took it away, or it is built in one from now on: no failure, but the register has changed. */
export function isTaken(failure: unknown): boolean {
  return [CheckpointMoved, LeaseLost, BuildGone, Indivisible].some((kind) => failure instanceof kind);
}
