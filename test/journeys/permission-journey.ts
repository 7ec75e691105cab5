import type { AwsCall } from "../support/aws-recorder.ts";
import { connectionOf, list, page } from "./calls.ts";
import type { MobileBackend } from "./mobile-backend.ts";
import type { ObservedSystem } from "./observed-system.ts";

export interface PermissionJourney {
  title: string;
  /** Gives the jobs that it started: the journey is over when their first executions are. */
  walk(system: ObservedSystem): Promise<string[]>;
}

type Matches = (call: AwsCall) => boolean;

/** A function's calls of one kind. `entry` is such as `api/create-connection`. */
export function callOf(entry: string, operation: string): Matches {
  return ({ by, ...call }) =>
    by?.entry === `functions/jobs/${entry}.lambda.ts` && call.operation === operation;
}

/** A function's calls of one kind on the rows of one table. */
export function rowCall(entry: string, operation: string, keyName: string, begin = ""): Matches {
  const isCall = callOf(entry, operation);
  return (call) => {
    const row = JSON.stringify(call.request["Key"] ?? call.request["Item"] ?? {});
    return isCall(call) && row.includes(`"${keyName}":{"S":"${begin}`);
  };
}

/** A connection that the user has, by a job of which nothing goes wrong. */
export async function observedConnection(
  system: ObservedSystem,
  backend: MobileBackend,
  institutionId: string,
  login: Record<string, string>,
): Promise<{ connectionId: string; jobId: string }> {
  const jobId = await system.startJob(backend, institutionId, login);
  const connectionId = await connectionOf(backend, jobId);
  await system.execution(jobId).ended();
  return { connectionId, jobId };
}

/** The id of the newest job of a user to whom no reply could say it. */
export async function newestJob(backend: MobileBackend): Promise<string> {
  const [newest] = page(await list(backend, { limit: "1" })).data;
  if (newest === undefined) throw new Error("The user has no job.");
  return newest.id;
}
