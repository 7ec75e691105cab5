/** Lets no more than so many be at work at once. */
export function turnsFor(atOnce: number) {
  const waiting: (() => void)[] = [];
  let working = 0;
  return {
    async take(work: () => Promise<void>): Promise<void> {
      if (working === atOnce) await new Promise<void>((begin) => waiting.push(begin));
      else working += 1;
      try {
        await work();
      } finally {
        const next = waiting.shift();
        if (next === undefined) working -= 1;
        else next();
      }
    },
  };
}
