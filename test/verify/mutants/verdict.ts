import * as z from "zod";

/** What a test program said of a mutant: that it noticed, or why what it did counts for nothing. */
export type Verdict = { isCaught: true } | { isCaught: false; why: string };

const report = z.object({
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      message: z.string(),
      assertionResults: z.array(z.object({ status: z.string(), failureMessages: z.array(z.string()) })),
    }),
  ),
});

/**
 * What Vitest's report says. Only what a test expected in vain counts, or the words that the mutant says it fails by. A file
 * that could not be loaded, a hook that failed, a test that took too long or whose system did not answer would fail for a
 * broken mutant, or on a slow machine, just as well: they count for nothing.
 */
export function verdictOfReport(json: unknown, failsBy?: string): Verdict {
  const { numPassedTests, numFailedTests, testResults } = report.parse(json);
  const messages = testResults.flatMap(({ assertionResults }) =>
    assertionResults.filter(({ status }) => status === "failed").map((test) => test.failureMessages),
  );
  if (messages.flat().some((message) => isFinding(message, failsBy))) return { isCaught: true };
  const unloaded = testResults.find(({ message }) => message !== "")?.message;
  if (unloaded !== undefined) return { isCaught: false, why: `could not be run: ${firstLine(unloaded)}` };
  if (numFailedTests > 0) {
    return { isCaught: false, why: `failed for another reason: ${firstLine(messages.flat()[0] ?? "")}` };
  }
  return { isCaught: false, why: numPassedTests === 0 ? "no test ran" : `${numPassedTests} tests passed` };
}

/** The files that did not pass, of a tree that nothing was taken from. */
export function notGreen(json: unknown, files: readonly string[]): string[] {
  const { testResults } = report.parse(json);
  return files.filter((file) => {
    const results = testResults.filter(({ name }) => name.endsWith(`/${file}`));
    const tests = results.flatMap(({ assertionResults }) => assertionResults);
    return (
      !tests.some(({ status }) => status === "passed") || results.some(({ status }) => status !== "passed")
    );
  });
}

/** What the compiler says: an error in the file that is to notice. */
export function verdictOfCompiler(exitCode: number, output: string, file: string): Verdict {
  if (exitCode === 0) return { isCaught: false, why: "it compiles" };
  if (output.split("\n").some((line) => line.startsWith(`${file}(`))) return { isCaught: true };
  return { isCaught: false, why: `another file does not compile: ${firstLine(output)}` };
}

/** What an assertion throws. Two of Vitest's have no name of their own. */
const ASSERTED =
  /^(AssertionError\b|Error: (promise resolved .* instead of rejecting$|expected error to be instance of ))/;

function isFinding(message: string, failsBy: string | undefined): boolean {
  const line = firstLine(message);
  return ASSERTED.test(line) || (failsBy !== undefined && line.startsWith(failsBy));
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}
