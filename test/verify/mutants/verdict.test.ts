import { describe, expect, test } from "vitest";
import { notGreen, verdictOfCompiler, verdictOfReport } from "./verdict.ts";

interface Ran {
  status: string;
  failureMessages: string[];
}

const passed: Ran = { status: "passed", failureMessages: [] };
const skipped: Ran = { status: "skipped", failureMessages: [] };
const failed = (message: string): Ran => ({ status: "failed", failureMessages: [`${message}\n    at x`] });

function fileOf(tests: Ran[], message = "", name = "/tree/test/a.test.ts") {
  const isWell = message === "" && tests.every(({ status }) => status !== "failed");
  return { name, status: isWell ? "passed" : "failed", message, assertionResults: tests };
}

function reportOf(...testResults: ReturnType<typeof fileOf>[]) {
  const count = (wanted: string) =>
    testResults.flatMap(({ assertionResults }) => assertionResults).filter(({ status }) => status === wanted)
      .length;
  return { numPassedTests: count("passed"), numFailedTests: count("failed"), testResults };
}

describe("a mutant is caught", () => {
  test.each([
    "AssertionError: expected 1 to be 2 // Object.is equality",
    'Error: promise resolved "undefined" instead of rejecting',
    "Error: expected error to be instance of SealBroken",
  ])("by a test that found: %s", (message) => {
    expect(verdictOfReport(reportOf(fileOf([skipped, passed, failed(message)])))).toEqual({ isCaught: true });
  });

  test("by a test that asks with what throws, if the mutant says how its failure begins", () => {
    const refused = reportOf(fileOf([failed("Error: PUT /guarded: 200 {}")]));
    expect(verdictOfReport(refused, "Error: PUT /guarded: 200")).toEqual({ isCaught: true });
    const why = "failed for another reason: Error: PUT /guarded: 200 {}";
    expect(verdictOfReport(refused, "Error: PUT /guarded: 404")).toEqual({ isCaught: false, why });
    expect(verdictOfReport(refused)).toEqual({ isCaught: false, why });
  });

  test("by the compiler, in the test that is to notice", () => {
    const output = "test/a.test.ts(3,5): error TS2578: Unused '@ts-expect-error' directive.\n";
    expect(verdictOfCompiler(2, output, "test/a.test.ts")).toEqual({ isCaught: true });
  });
});

const OTHER_REASONS = [
  "ReferenceError: a is not defined",
  "SyntaxError: Unexpected token",
  "TypeError: a is not a function",
  "Error: Test timed out in 30000ms.",
  "Error: connect ECONNREFUSED 127.0.0.1:4100",
  "Error: No token: 500",
  "Error: It was not so in time: AssertionError",
  'Error: promise rejected "Error: connect ECONNREFUSED" instead of resolving',
  "$ZodError: [",
  "Error: Hook timed out in 30000ms.",
];

describe("a mutant is not caught", () => {
  test.each([
    [reportOf(fileOf([passed, passed])), "2 tests passed"],
    [reportOf(fileOf([skipped])), "no test ran"],
    [reportOf(), "no test ran"],
    [reportOf(fileOf([], "Cannot find module './b.ts'\nx")), "could not be run: Cannot find module './b.ts'"],
    [reportOf(fileOf([skipped], "Error: hook\nx")), "could not be run: Error: hook"],
  ])("by %j", (report, why) => {
    expect(verdictOfReport(report)).toEqual({ isCaught: false, why });
  });

  test.each(OTHER_REASONS)("by a test that failed for another reason: %s", (message) => {
    expect(verdictOfReport(reportOf(fileOf([passed, failed(message)])))).toEqual({
      isCaught: false,
      why: `failed for another reason: ${message}`,
    });
  });

  test.each([
    [0, "", "it compiles"],
    [
      2,
      "functions/a.ts(1,1): error TS2304: Cannot find name 'b'.\n",
      "another file does not compile: functions/a.ts(1,1): error TS2304: Cannot find name 'b'.",
    ],
  ])("by a compiler that ends with %i and says %j", (exitCode, output, why) => {
    expect(verdictOfCompiler(exitCode, output, "test/a.test.ts")).toEqual({ isCaught: false, why });
  });
});

test("with every safeguard in its place, each file has to have a test that passes, and none that fails", () => {
  const a = "test/a.test.ts";
  expect(notGreen(reportOf(fileOf([passed, skipped])), [a])).toEqual([]);
  expect(notGreen(reportOf(fileOf([passed, failed("AssertionError")])), [a])).toEqual([a]);
  expect(notGreen(reportOf(fileOf([skipped])), [a])).toEqual([a]);
  expect(notGreen(reportOf(fileOf([], "Cannot find module")), [a])).toEqual([a]);
  expect(notGreen(reportOf(fileOf([passed])), [a, "test/b.test.ts"])).toEqual(["test/b.test.ts"]);
  expect(notGreen(reportOf(fileOf([passed]), fileOf([passed], "Error: afterAll")), [a])).toEqual([a]);
});
