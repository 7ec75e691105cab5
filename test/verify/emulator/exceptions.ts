const IGNORES_SLASHES = "MiniStack ignores slashes at the ends of a path when it looks for the route.";

/**
 * Journeys that fail on the emulator, and only there, by file, blocks and test, as vitest prints them. One that passes, or that is no more, is a
 * failure of the run.
 */
export const EXCEPTED_JOURNEYS: readonly { test: string; reason: string }[] = [
  { test: "refused-requests.test.ts > a route > GET //health is not found", reason: IGNORES_SLASHES },
  { test: "refused-requests.test.ts > a route > GET /health/ is not found", reason: IGNORES_SLASHES },
  {
    test: "refused-requests.test.ts > a login > of the user a%2Fb is not valid",
    reason: "MiniStack decodes a path before it looks for the route: this one is another route's.",
  },
];

const LAMBDA_ITSELF = "For failures of Lambda itself, which MiniStack never has.";
const CONCURRENCY =
  "For more functions at once than the account allows, and failures of Lambda itself: no journey takes so many, and MiniStack has none.";
const BREAKS_FOR_GOOD = "For a function that breaks for good. Journeys break the bank only.";
const OTHER_VERSION = "For functions of another version.";

/**
 * Parts of the definition, as `partsOf` names them, that no journey goes through on the emulator, and why; the tests of the
 * workflow go through all of them on the local engine. One that is walked is a failure of the run.
 */
export const UNWALKED_PARTS: ReadonlyMap<string, string> = new Map([
  ["Give up, retrier 1", LAMBDA_ITSELF],
  ["Open the connection, retrier 3", CONCURRENCY],
  ["Follow the job, retrier 3", CONCURRENCY],
  ["Ask for the answer, retrier 3", CONCURRENCY],
  ["Send the answer, retrier 3", CONCURRENCY],
  ["Open the connection, catcher 1", BREAKS_FOR_GOOD],
  ["Follow the job, catcher 1", BREAKS_FOR_GOOD],
  ["Ask for the answer, catcher 2", BREAKS_FOR_GOOD],
  ["Send the answer, catcher 1", BREAKS_FOR_GOOD],
  ["Give up", BREAKS_FOR_GOOD],
  ["Give up, retrier 2", BREAKS_FOR_GOOD],
  ["The job was given up", BREAKS_FOR_GOOD],
  ["Follow the job, retrier 1", "A look that fails is made up for within the Task."],
  ["What did the bank say?, no next", OTHER_VERSION],
  ["What did the bank say?, no waitSeconds", OTHER_VERSION],
  ["Ask for the answer, retrier 1", "The Task does not call the aggregator."],
]);

/** Journeys go through these now and then, as when another writer was faster: once in a dozen runs, on a busy machine. */
export const PARTS_BY_CHANCE: readonly string[] = [
  "Open the connection, retrier 2",
  "Follow the job, retrier 2",
  "Ask for the answer, retrier 2",
  "Send the answer, retrier 2",
];

/**
 * Of these there is no line: journeys break the bank only, and their deployment takes no webhooks of the aggregator. One that has a line
 * is a failure of the run.
 */
export const SILENT_FUNCTIONS: readonly string[] = ["give-up", "fetch-events"];
