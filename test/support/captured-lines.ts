import { afterEach, beforeEach, vi } from "vitest";
import * as z from "zod";

const line = z.record(z.string(), z.unknown());
export type Line = z.infer<typeof line>;

/** What the tests of a file write to the log, at its most talkative level; nothing of it is seen on the screen. */
export function capturedLines() {
  const chunks: string[] = [];
  beforeEach(() => {
    chunks.length = 0;
    vi.stubEnv("LOG_LEVEL", "debug");
    vi.stubEnv("METRICS_NAMESPACE", "Bank");
    vi.spyOn(process.stdout, "write").mockImplementation((chunk) => {
      chunks.push(String(chunk));
      return true;
    });
  });
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  });
  return {
    text: () => chunks.join(""),
    all: (): Line[] => chunks.map((chunk) => line.parse(JSON.parse(chunk))),
  };
}
