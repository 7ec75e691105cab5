import type { Sink } from "./scanner.ts";

/** What was said in the course of a run, by where it was said. */
export function sinkBook() {
  const said = new Map<string, string[]>();
  return {
    add(name: string, text: string): void {
      const texts = said.get(name) ?? [];
      texts.push(text);
      said.set(name, texts);
    },
    sinks: (): Sink[] => [...said].map(([name, texts]) => ({ name, content: texts.join("\n") })),
    count: (name: string) => said.get(name)?.length ?? 0,
  };
}

export type SinkBook = ReturnType<typeof sinkBook>;
