import { vi } from "vitest";
import * as z from "zod";

const entryModule = z.object({
  handler: z.custom<(event: unknown) => Promise<unknown>>((value) => typeof value === "function"),
});

/**
 * In AWS no two functions share what they keep from call to call; in local mode all do. Gives each modules of its own, so
 * that each makes all the calls that it needs.
 */
export function functionsApart() {
  const handlers = new Map<string, z.infer<typeof entryModule>["handler"]>();
  return {
    async load(entries: readonly string[]): Promise<void> {
      for (const entry of entries) {
        vi.resetModules();
        const loaded: unknown = await import(new URL(`../../${entry}`, import.meta.url).href);
        handlers.set(entry, entryModule.parse(loaded).handler);
      }
    },

    async invoke(entry: string, event: unknown): Promise<unknown> {
      const handler = handlers.get(entry);
      if (handler === undefined) throw new Error(`${entry} is not loaded.`);
      return handler(event);
    },
  };
}
