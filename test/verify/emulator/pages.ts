import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { jobReply } from "../../../functions/http/reply-schemas.ts";
import { commandsOf, OPERATORS_PAGES } from "../../docs/pages.ts";
import { type Environment, PROJECT_ROOT, runProgram } from "./programs.ts";

/** What a person answers by hand, or sets for good. */
const UNATTENDED = {
  CDK_REQUIRE_APPROVAL: "never",
  CDK_FORCE: "true",
  CDK_NOTICES: "false",
  CDK_VERSION_REPORTING: "false",
};

const KEY_FILE = join(PROJECT_ROOT, "upstream-api-key.txt");

/**
 * Not run: the first two would change what is being proved, and the third has installed it. No aggregator is there that sends
 * webhooks.
 */
const NOT_HERE = [
  "git pull",
  "git checkout VERSION",
  "npm ci",
  "npx cdk deploy -c upstreamVersion=3.0 -c upstreamWebhookSecret=connection-jobs/upstream-webhook",
  "npm run upstream-webhooks -- subscribe",
  "npm run upstream-webhooks -- status",
];

/** Runs tests against the deployment whose aggregator is the deployed sandbox. */
const trips = (tests: string) =>
  [
    'TARGET_API_URL="$API" TARGET_API_KEY="$KEY" TARGET_SANDBOX_URL="$SANDBOX" TARGET_SANDBOX_KEY="$SANDBOX_KEY"',
    `npx vitest run --config test/verify/emulator/trips.config.ts --reporter=default ${tests}`,
  ].join(" ");

/** After these commands of the pages, others go on: clients make their trips, and a person goes through the Consent UI. */
const THEN: readonly { command: string; runs: string }[] = [
  { command: "-X DELETE $SANDBOX/_control", runs: trips("test/verify/clients") },
  { command: "/auth_link", runs: trips("test/verify/links") },
];

/** The id of the pages' example, and how that of the key that was just made is got. */
const EXAMPLE_ID = "1a2b3c4d5e6f";
const REAL_ID = '$(printf %s "$KEY" | sha256sum | cut -c 1-12)';

/**
 * Does as the pages for operators say, in one shell, from the first deployment to the last removal, and gives what each
 * command printed. While the sandbox is deployed, clients make their trips, and a person goes through its Consent UI. Throws when a command fails.
 */
export async function followThePages(commands: Environment, upstreamApiKey: string): Promise<string[]> {
  if (existsSync(KEY_FILE)) throw new Error("There is an upstream-api-key.txt of yours: move it away first.");
  process.once("exit", () => rmSync(KEY_FILE, { force: true }));
  writeFileSync(KEY_FILE, `${upstreamApiKey}\n`);
  const lines = commandsOf(OPERATORS_PAGES).filter((command) => !NOT_HERE.includes(command));
  const missing = THEN.find(({ command }) => !lines.some((line) => line.includes(command)));
  if (missing !== undefined) throw new Error(`No page has the command ${missing.command}.`);
  const withTrips = lines.flatMap((line) => [
    line,
    ...THEN.filter(({ command }) => line.includes(command)).map(({ runs }) => runs),
  ]);
  const script = withTrips.map(
    (line, index) => `echo; echo "== command ${index + 1}"\n${line.replaceAll(EXAMPLE_ID, REAL_ID)}`,
  );
  const environment = { ...commands, ...UNATTENDED };
  const stdout = await runProgram("sh", ["-e", "-c", script.join("\n")], environment);
  const printed = stdout.split(/^== command \d+\n/m).slice(1);
  check(printed);
  return printed;
}

/** That the commands did something: they would also end well with an error of the API printed. */
function check(printed: readonly string[]): void {
  const found = (what: string, pattern: RegExp) => {
    const text = printed.find((one) => pattern.test(one));
    if (text === undefined) throw new Error(`The commands of the pages printed no ${what}.`);
    return text;
  };
  const { steps } = jobReply.parse(JSON.parse(found("job", /"steps"/)));
  const challenge = steps.find(({ title }) => title === "mfa-challenge");
  const isTaken =
    challenge?.status === "success" || (challenge?.status === "in-progress" && !challenge.result);
  if (!isTaken) throw new Error("The answer of the pages was not taken.");
  found("login in the ledger", /"calls":.*"path":"\/users\/ea3a81\/connections"/);
  found("answer in the ledger", /"calls":.*\/mfa"/);
  found("bank that is down", /"id":"AU00000","status":"major-outage"/);
  found("link for a person", /"type":"auth_link".*\/c\//);
  found("list of keys", /mobile backend/);
  found("key that was revoked", /revoked/i);
  found("log group", /ConnectionJobs\/Tasks/);
  const errors = printed.filter((one) => one.includes('"type":"error"'));
  if (errors.length > 0) throw new Error(`The commands of the pages met errors:\n${errors.join("\n")}`);
}
