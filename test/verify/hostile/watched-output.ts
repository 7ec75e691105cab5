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

  const streams = [process.stdout, process.stderr].map((stream) => ({ stream, write: stream.write }));
  for (const { stream } of streams) stream.write = note;
  return {
    marked,
    lines: () => lines,
    end(): void {
      for (const { stream, write } of streams) stream.write = write;
    },
  };
}
