import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openEmbeddedViewReader, openEmbeddedViewWriter } from '../../src/views/embedded.js';
import type { ViewReader, ViewWriter } from '../../src/views/port.js';
import { viewsConformance } from '../conformance/views.js';
import { temporaryFolder } from '../support/folder.js';

const built = pathToFileURL(join(import.meta.dirname, '../../dist/src/views/embedded/reader-thread.js'));

function embedded(threads: number): void {
  viewsConformance(`embedded, ${threads} reader threads`, async () => {
    const folder = temporaryFolder();
    const opened: (ViewReader | ViewWriter)[] = [];
    const opening = <Side extends ViewReader | ViewWriter>(side: Side): Side => {
      opened.push(side);
      return side;
    };
    return {
      writer: async () => opening(await openEmbeddedViewWriter({ file: folder.views })),
      reader: async () => opening(await openEmbeddedViewReader({ file: folder.views, threads, thread: built })),
      remove: async () => {
        await Promise.all(opened.map((side) => side.close()));
        folder.remove();
      },
    };
  });
}

embedded(0);
embedded(2);
