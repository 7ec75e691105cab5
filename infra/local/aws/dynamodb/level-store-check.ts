import { mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import * as z from "zod";

interface LevelStore {
  open(): Promise<void>;
  close(): Promise<void>;
}

// The copy of `level` that dynalite uses, which need not be reachable from here.
const requireFromDynalite = createRequire(createRequire(import.meta.url).resolve("dynalite"));
const levelModule = z.object({
  Level: z.custom<new (path: string) => LevelStore>((value) => typeof value === "function"),
});
const levelFailure = z.object({ cause: z.object({ code: z.string().optional(), message: z.string() }) });

/**
 * dynalite opens its store in the background, and a store that cannot be opened ends the process at the first
 * request with "Database is closed". So it is opened once before, for the sake of a clear message.
 */
export async function checkLevelStore(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
    const { Level } = levelModule.parse(requireFromDynalite("level"));
    const store = new Level(path);
    await store.open();
    await store.close();
  } catch (error) {
    throw new Error(`The database in ${path} cannot be opened: ${reasonOf(error)}`, { cause: error });
  }
}

function reasonOf(error: unknown): string {
  const failure = levelFailure.safeParse(error);
  if (failure.success) {
    const { code, message } = failure.data.cause;
    return code === "LEVEL_LOCKED" ? "another process is using it." : message;
  }
  return error instanceof Error ? error.message : String(error);
}
