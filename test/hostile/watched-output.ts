import { vi } from "vitest";

/** What the program writes meanwhile, by both of its streams. Nothing of it is shown or kept but the lines that hold a mark. */
export function watchedOutput(mark: string) {
  let lines = 0;
  const marked: string[] = [];

  function note(text: string | Uint8Array): boolean {
    const line = String(text);
    lines += 1;
    if (line.toLowerCase().includes(mark.toLowerCase())) marked.push(line);
    return true;
  }

  const spies = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, "write").mockImplementation(note),
  );
  return {
    marked,
    lines: () => lines,
    end(): void {
      for (const spy of spies) spy.mockRestore();
    },
  };
}
