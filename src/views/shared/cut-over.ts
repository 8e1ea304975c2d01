/** When a build can't become live, or can't be dropped. */
import { buildName } from '../port/build-identity.js';
import type { BuildId, BuildRecord } from '../port/builds.js';
import { NotReady } from '../port/errors.js';

/** @throws NotReady when the build is still building, or behind the live one. */
export function mustBeReady(
  id: BuildId,
  build: Pick<BuildRecord, 'state' | 'position'>,
  live: Pick<BuildRecord, 'version' | 'number' | 'position'> | undefined,
): void {
  const behind = live !== undefined && live.position > build.position;
  if (build.state !== 'building' && !behind) return;
  const why = build.state === 'building' ? 'is still being built' : 'is behind the live build';
  const stands = live ? `, and the live ${buildName({ ...live, name: id.name })} at ${live.position}` : '';
  throw new NotReady(`${buildName(id)} ${why}: it is at position ${build.position}${stands}. Try again when it has caught up.`);
}

/** The live build can't be dropped. */
export function liveBuildError(id: BuildId): NotReady {
  return new NotReady(`${buildName(id)} is live. Cut over to another build first.`);
}
