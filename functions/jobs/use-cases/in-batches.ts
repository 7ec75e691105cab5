/**
 * Returns the result of `make` for every element, in order, with at most `size` concurrent calls. After a call has
 * failed, starts no further batch; throws after the current batch has ended.
 */
export async function inBatches<One, Made>(
  all: readonly One[],
  size: number,
  make: (one: One) => Promise<Made>,
): Promise<Made[]> {
  const made: Made[] = [];
  for (let start = 0; start < all.length; start += size) {
    const batch = all.slice(start, start + size).map(make);
    await Promise.allSettled(batch);
    made.push(...(await Promise.all(batch)));
  }
  return made;
}
