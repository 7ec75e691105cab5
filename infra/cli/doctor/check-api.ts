import * as z from "zod/mini";
import { connectionJobs } from "../../../client/connection-jobs.ts";
import { ApiError, NetworkError } from "../../../client/errors.ts";
import { apiKeyFor, errorLine } from "../open-api.ts";
import type { Place, Variables } from "../place.ts";
import { printable } from "../printable.ts";
import { UsageError } from "../usage-error.ts";
import { type Finding, versionFinding } from "./report.ts";

const description = z.object({ info: z.object({ version: z.string() }) });

/** Signatures of webhooks and tokens count on a clock that is right. Receivers accept a difference of 5 minutes. */
const CLOCK_SECONDS = 300;
const REPLIES_WITHIN_MS = 10_000;

export interface Checked {
  url: string;
  place: Place;
  variables: Variables;
  /** Of this program. */
  version: string;
  signal: AbortSignal;
}

/** Checks whether the API answers, which version it has, and whether it accepts the key. */
export async function checkApi({ url, place, variables, version, signal }: Checked): Promise<Finding[]> {
  const reply = await fetch(`${url}/openapi.json`, {
    redirect: "error",
    signal: AbortSignal.any([signal, AbortSignal.timeout(REPLIES_WITHIN_MS)]),
  }).catch(() => signal.throwIfAborted());
  if (reply === undefined) {
    const advice = place.kind === "local" ? "Start it with npm start." : "Check the address and the network.";
    return [{ name: "API", verdict: "lacks", found: `Nothing answers at ${url}.`, advice }];
  }
  const described = description.safeParse(await reply.json().catch(() => undefined));
  if (!described.success) {
    return [
      {
        name: "API",
        verdict: "lacks",
        found: `${url} is not Connection Jobs.`,
        advice: "Check the address.",
      },
    ];
  }
  return [
    { name: "API", verdict: "ok", found: url },
    versionFinding(version, printable(described.data.info.version)),
    clockFinding(reply.headers.get("date")),
    await keyFinding(url, place, variables, signal),
  ];
}

function clockFinding(date: string | null): Finding {
  const name = "clock";
  const seconds = Math.abs(Date.parse(date ?? "") - Date.now()) / 1000;
  if (Number.isNaN(seconds)) return { name, verdict: "unknown", found: "The API sends no date." };
  if (seconds < CLOCK_SECONDS) return { name, verdict: "ok", found: "as that of the API" };
  return {
    name,
    verdict: "lacks",
    found: "differs from that of the API by minutes.",
    advice: "Set the clock of this machine.",
  };
}

async function keyFinding(
  url: string,
  place: Place,
  variables: Variables,
  signal: AbortSignal,
): Promise<Finding> {
  const name = "API key";
  try {
    const client = connectionJobs({ url, apiKey: apiKeyFor(place, variables).reveal() });
    await client.eventTypes({ signal });
    return { name, verdict: "ok", found: "accepted" };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof UsageError) {
      const advice = "Make a key with connection-jobs keys create NAME, and set the variable.";
      return { name, verdict: "lacks", found: error.message, advice };
    }
    const isRefused = error instanceof ApiError && error.status < 500;
    if (!isRefused && !(error instanceof NetworkError || error instanceof ApiError)) throw error;
    return { name, verdict: isRefused ? "lacks" : "unknown", found: errorLine(error, place) };
  }
}
