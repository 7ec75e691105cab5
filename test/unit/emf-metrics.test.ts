import { describe, expect, test } from "vitest";
import { count, durationMs, type Measurement } from "../../functions/jobs/domain/metrics.ts";
import { type EmfOptions, emfLine, emfMetrics } from "../../functions/platform/metrics.ts";
import { extract, membersOf } from "../support/captured-output.ts";
import { START } from "../support/fake-clock.ts";

const WHEN = new Date(START);
const LATER = "2026-01-05T09:00:01.500Z";

function keptIn(lines: object[]): EmfOptions["write"] {
  return (...given) => lines.push(...[emfLine(...given)].flatMap((line) => line ?? []));
}

function written(measurements: Iterable<Measurement>, namespace: string | undefined = "Bank"): object[] {
  const lines: object[] = [];
  const metrics = emfMetrics({
    namespace: () => namespace,
    write: keptIn(lines),
  });
  metrics.measure(() => measurements, WHEN);
  return lines;
}

describe("a line", () => {
  test("is what CloudWatch's embedded metric format asks for", () => {
    expect(
      written([
        count("JobsFinished", "Outcome", "succeeded"),
        durationMs("StepDuration", START, LATER, "Step", "other"),
      ]),
    ).toEqual([
      {
        _aws: {
          Timestamp: WHEN.getTime(),
          CloudWatchMetrics: [
            {
              Namespace: "Bank",
              Dimensions: [["Outcome"]],
              Metrics: [{ Name: "JobsFinished", Unit: "Count" }],
            },
            {
              Namespace: "Bank",
              Dimensions: [["Step"]],
              Metrics: [{ Name: "StepDuration", Unit: "Milliseconds" }],
            },
          ],
        },
        JobsFinished: 1,
        Outcome: "succeeded",
        StepDuration: 1500,
        Step: "other",
      },
    ]);
  });

  test("gives CloudWatch each metric with its own dimension", () => {
    const [line = {}] = written([count("AttemptsHeld"), count("UpstreamErrors", "Institution", "AU00000")]);
    expect(extract(line)).toEqual([
      { name: "AttemptsHeld", value: 1, unit: "Count", dimensions: {} },
      { name: "UpstreamErrors", value: 1, unit: "Count", dimensions: { Institution: "AU00000" } },
    ]);
  });

  test("holds nothing that a measurement carries along", () => {
    const laden = { ...count("AttemptsHeld"), userId: "ea3a81", job: { id: "1" } };
    const [line = {}] = written([laden]);
    expect(membersOf(line)).toEqual(["AttemptsHeld"]);
    expect(JSON.stringify(line)).not.toMatch(/ea3a81|job/);
  });

  test("is one for all that was measured at once, and none for nothing", () => {
    expect(written([count("JobsStarted"), count("AttemptsHeld")])).toHaveLength(1);
    expect(written([])).toEqual([]);
  });

  test("leaves out what is no number", () => {
    const lines = written([durationMs("StepDuration", "soon", LATER, "Step", "other"), count("JobsStarted")]);
    expect(lines.map(membersOf)).toEqual([["JobsStarted"]]);
    expect(written([durationMs("StepDuration", "", "", "Step", "other")])).toEqual([]);
  });

  test("has the time of now when no other is given", () => {
    const lines: object[] = [];
    const earliest = Date.now();
    emfMetrics({ namespace: () => "Bank", write: keptIn(lines) }).measure(() => [count("JobsStarted")]);
    const { _aws } = Object.assign({ _aws: { Timestamp: 0 } }, lines[0]);
    expect(_aws.Timestamp).toBeGreaterThanOrEqual(earliest);
    expect(_aws.Timestamp).toBeLessThanOrEqual(Date.now());
  });
});

describe("measuring", () => {
  test("does nothing without a namespace, not even derive", () => {
    let derived = 0;
    const lines: object[] = [];
    const metrics = emfMetrics({
      namespace: () => undefined,
      write: keptIn(lines),
    });
    metrics.measure(() => {
      derived++;
      return [count("JobsStarted")];
    });
    expect({ derived, lines }).toEqual({ derived: 0, lines: [] });
  });

  test("never fails, whatever deriving or writing does", () => {
    const failing = () => {
      throw new Error("full");
    };
    const write = () => undefined;
    expect(() => emfMetrics({ namespace: () => "Bank", write }).measure(failing)).not.toThrow();
    const full = emfMetrics({ namespace: () => "Bank", write: failing });
    expect(() => full.measure(() => [count("JobsStarted")])).not.toThrow();
  });
});
