import type { SinkBook } from "./sink-book.ts";

/** What this process writes goes into the book, until it is given back. */
export function overhearOutput(book: SinkBook): () => void {
  const streams = [
    ["standard output", process.stdout],
    ["standard error", process.stderr],
  ] as const;
  const restores = streams.map(([name, stream]) => {
    const { write } = stream;
    stream.write = (chunk: string | Uint8Array) => {
      book.add(name, Buffer.from(chunk).toString());
      return true;
    };
    return () => {
      stream.write = write;
    };
  });
  return () => {
    for (const restore of restores) restore();
  };
}
