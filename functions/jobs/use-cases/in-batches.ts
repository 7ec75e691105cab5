/**
 * What is made of every one, in its order, by so many at once. After one has failed no further batch begins, and the one that
 * it is in is at its end.
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
