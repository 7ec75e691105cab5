import { inspect } from "node:util";
import type { Sink } from "./scanner.ts";

/** An error with all that hangs on it: hidden properties, what caused it, and what caused that. */
export function errorSink(name: string, error: unknown): Sink {
  const parts: unknown[] = [];
  for (let cause = error; cause !== undefined && !parts.includes(cause); ) {
    parts.push(cause);
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  const content = parts.flatMap((part) => [
    inspect(part, { showHidden: true, depth: 20, maxStringLength: null, maxArrayLength: null }),
    ...(part instanceof Error ? [part.name, part.message, part.stack ?? ""] : []),
    ...ownTexts(part),
  ]);
  return { name, content: content.join("\n") };
}

/** As they are: `inspect` writes them in its own way. */
function ownTexts(part: unknown): string[] {
  if (typeof part !== "object" || part === null) return [String(part)];
  const names = Reflect.ownKeys(part);
  return names.map((name) => Reflect.get(part, name)).filter((value) => typeof value === "string");
}
