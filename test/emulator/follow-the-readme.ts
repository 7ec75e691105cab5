import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { jobReply } from "../../functions/wire/api-replies.ts";
import { commandsUnder } from "../readme/readme.ts";
import { PROJECT_ROOT } from "./folders.ts";
import { OPERATORS_PART, operatorsScript, printedByEach } from "./operators-commands.ts";
import { type Environment, runProgram } from "./programs.ts";

/** What a person answers by hand, or sets for good. */
const UNATTENDED = {
  CDK_REQUIRE_APPROVAL: "never",
  CDK_FORCE: "true",
  CDK_NOTICES: "false",
  CDK_VERSION_REPORTING: "false",
};

/**
 * Does as the README tells an operator, in one shell, from the first deployment to the last removal, and gives what each
 * command printed. Throws when one fails.
 */
export async function followTheReadme(commands: Environment, upstreamApiKey: string): Promise<string[]> {
  const keyFile = join(PROJECT_ROOT, "upstream-api-key.txt");
  // Not over a file of somebody's.
  writeFileSync(keyFile, `${upstreamApiKey}\n`, { flag: "wx" });
  process.once("exit", () => rmSync(keyFile));
  const script = operatorsScript(commandsUnder(OPERATORS_PART));
  const printed = printedByEach(await runProgram("sh", ["-e", "-c", script], { ...commands, ...UNATTENDED }));
  check(printed);
  return printed;
}

/** That they did something: a job with an answered challenge, two calls in the ledger that made it so. */
function check(printed: readonly string[]): void {
  const job = printed.map((text) => text.trim()).find((text) => text.includes('"steps"'));
  const { steps } = jobReply.parse(JSON.parse(job ?? ""));
  const challenge = steps.find(({ title }) => title === "mfa-challenge");
  if (challenge?.status === "pending") throw new Error("The README's answer was not taken.");
  const ledger = printed.find((text) => text.includes('"calls"')) ?? "";
  for (const call of ['"path":"/users/ea3a81/connections"', '/mfa"']) {
    if (!ledger.includes(call)) throw new Error(`The sandbox's ledger has no ${call}.`);
  }
}
