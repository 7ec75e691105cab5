import { afterEach, beforeEach, vi } from "vitest";
import * as z from "zod";

const line = z.record(z.string(), z.unknown());

/** Captures the log lines and metrics of the tests of a file, at the level `debug`, in place of printing them. */
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
    all: () => chunks.map((chunk) => line.parse(JSON.parse(chunk))),
  };
}
