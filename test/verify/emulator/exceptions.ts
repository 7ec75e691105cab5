interface JourneyException {
  /** File, blocks and test, as vitest prints them. */
  test: string;
  /** What of the emulator makes the test fail. */
  reason: string;
}

const IGNORES_SLASHES = "MiniStack ignores slashes at the ends of a path when it looks for the route.";

/** Journeys that fail on the emulator, and only there. One that passes, or that is no more, is a failure of the run. */
export const EXCEPTED_JOURNEYS: readonly JourneyException[] = [
  { test: "refused-requests.test.ts > a route > GET //health is not found", reason: IGNORES_SLASHES },
  { test: "refused-requests.test.ts > a route > GET /health/ is not found", reason: IGNORES_SLASHES },
  {
    test: "refused-requests.test.ts > a login > of the user a%2Fb is not valid",
    reason: "MiniStack decodes a path before it looks for the route: this one is another route's.",
  },
];

interface PartsException {
  /** Lines of `partsOf`. */
  parts: readonly string[];
  reason: string;
}

/**
 * Parts of the definition that no journey goes through on the emulator; the tests of the workflow go through all of them on
 * the local engine. One that is walked is a failure of the run.
 */
export const UNWALKED_PARTS: readonly PartsException[] = [
  {
    parts: [
      "Follow the job, retrier 1",
      "Ask for the answer, retrier 1",
      "Send the answer, retrier 1",
      "Give up, retrier 1",
    ],
    reason: "For failures of Lambda itself, which MiniStack never has.",
  },
  {
    parts: [
      "Open the connection, retrier 4",
      "Follow the job, retrier 4",
      "Ask for the answer, retrier 4",
      "Send the answer, retrier 4",
    ],
    reason:
      "For more functions at once than the account allows, and failures of Lambda itself: no journey takes so many, and MiniStack has none.",
  },
  {
    parts: [
      "Open the connection, catcher 1",
      "Follow the job, catcher 1",
      "Ask for the answer, catcher 2",
      "Send the answer, catcher 1",
      "Give up",
      "Give up, retrier 2",
      "The job was given up",
    ],
    reason: "For a function that breaks for good. Journeys break the bank only.",
  },
  { parts: ["Follow the job, retrier 2"], reason: "A look that fails is made up for within the Task." },
  {
    parts: ["What did the bank say?, no next", "What did the bank say?, no waitSeconds"],
    reason: "For functions of another version.",
  },
  { parts: ["Ask for the answer, retrier 2"], reason: "The Task does not call upstream." },
];

/** Parts that journeys go through now and then. */
export const PARTS_BY_CHANCE: PartsException = {
  parts: [
    "Open the connection, retrier 3",
    "Follow the job, retrier 3",
    "Ask for the answer, retrier 3",
    "Send the answer, retrier 3",
  ],
  reason: "For what passes, as when another writer was faster: seen once in a dozen runs, on a busy machine.",
};

/** Of these there is no line: journeys break the bank only. One that has a line is a failure of the run. */
export const SILENT_FUNCTIONS: readonly string[] = ["give-up"];
