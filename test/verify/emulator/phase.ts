import { Unavailable } from "./unavailable.ts";

export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

interface PhaseOptions<Result> {
  /** What there is to say of the result. */
  seen?: (result: Result) => string;
  withinSeconds?: number;
}

/** Does a part of the proof, and says in one line how long it took and what it saw. */
export async function phase<Result>(
  name: string,
  work: () => Promise<Result>,
  { seen = () => "", withinSeconds = Number.POSITIVE_INFINITY }: PhaseOptions<Result> = {},
): Promise<Result> {
  const startedAt = performance.now();
  const seconds = () => (performance.now() - startedAt) / 1000;
  const line = (...parts: string[]) =>
    say([`${seconds().toFixed(1).padStart(6)} s  ${name}`, ...parts].filter(Boolean).join(": "));
  const result = await work().catch((error: unknown) => {
    if (!(error instanceof Unavailable)) line("failed");
    throw error;
  });
  line(seen(result));
  if (seconds() > withinSeconds) throw new Error(`${name} is to take ${withinSeconds} s at most.`);
  return result;
}
