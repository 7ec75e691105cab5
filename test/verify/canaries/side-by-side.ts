/** Does all of it, so many at once, and throws what went wrong, all of it. */
export async function sideBySide<Item>(
  atOnce: number,
  items: readonly Item[],
  work: (item: Item) => Promise<unknown>,
): Promise<void> {
  const waiting = [...items];
  const failures: string[] = [];
  const workers = Array.from({ length: atOnce }, async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
      await work(item).catch((error: unknown) => failures.push(String(error)));
    }
  });
  await Promise.all(workers);
  if (failures.length > 0) throw new Error(failures.join("\n"));
}
