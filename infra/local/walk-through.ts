import type { Connect } from "../../functions/access/caller.ts";
import { DEVELOPMENT_KEY } from "./development-key.ts";

export interface Started {
  apiUrl: string;
  /** Undefined if local mode uses another aggregator than the sandbox. */
  sandboxUrl: string | undefined;
  apiKey: string;
}

export interface Walk extends Started {
  connect: Connect;
}

/** The port that `npm run connect` uses without the variable `PORT`. */
const DEFAULT_PORT = "3000";

/** Returns the text that `npm start` prints as soon as it is ready. */
export function greeting({ apiUrl, sandboxUrl, apiKey }: Started): string {
  const lines = [
    `API:      ${apiUrl}`,
    ...(sandboxUrl === undefined ? [] : [`Sandbox:  ${sandboxUrl}`]),
    `API key:  ${apiKey}`,
  ];
  return `${lines.join("\n")}\n\n`;
}

/** Returns what to try next. */
export function walkThrough(walk: Walk): string {
  return `${[...nextSteps(walk), "", "Ctrl-C stops it."].join("\n")}\n`;
}

function nextSteps({ apiUrl, sandboxUrl, apiKey, connect }: Walk): string[] {
  if (connect === "consent-ui") {
    return [
      "Only the Consent UI makes connections. To connect a bank in a browser, see docs/local.md. To try it without a browser,",
      "docs/api.md has commands.",
    ];
  }
  const { port } = new URL(apiUrl);
  const variables = [
    ...(port === DEFAULT_PORT ? [] : [`PORT=${port}`]),
    ...(apiKey === DEVELOPMENT_KEY ? [] : [`LOCAL_API_KEY='${apiKey.replaceAll("'", `'\\''`)}'`]),
  ];
  const whose =
    sandboxUrl === undefined
      ? "The login goes to your aggregator."
      : "You choose a test bank and a test user.";
  return [
    "To connect a bank by hand, run this in another terminal:",
    "",
    `  ${[...variables, "npm run connect"].join(" ")}`,
    "",
    `${whose} docs/api.md has the same as calls of the API.`,
  ];
}
