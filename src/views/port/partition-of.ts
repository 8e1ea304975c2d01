/** The partition that has the documents of a key: by its FNV-1a hash (Fowler, Noll, Vo; 32 bits, over UTF-16 code units). */
export function partitionOf(key: string, partitions: number): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  return (hash >>> 0) % partitions;
}
