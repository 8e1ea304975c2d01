import { openEmbeddedViewReader, openEmbeddedViewWriter } from '../../src/views/embedded.js';
import type { ViewReader, ViewWriter } from '../../src/views/port.js';
import { viewsConformance } from '../conformance/views.js';
import { temporaryFolder } from '../support/folder.js';

viewsConformance('embedded', async () => {
  const folder = temporaryFolder();
  const opened: (ViewReader | ViewWriter)[] = [];
  const opening = <Side extends ViewReader | ViewWriter>(side: Side): Side => {
    opened.push(side);
    return side;
  };
  return {
    writer: async () => opening(await openEmbeddedViewWriter({ file: folder.views })),
    reader: async () => opening(await openEmbeddedViewReader({ file: folder.views, threads: 0 })),
    remove: async () => {
      await Promise.all(opened.map((side) => side.close()));
      folder.remove();
    },
  };
});
