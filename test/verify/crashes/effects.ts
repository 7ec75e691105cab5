import * as z from "zod";
import type { AwsCall } from "../../support/aws-recorder.ts";

const text = z.object({ S: z.string() });
const item = z.object({
  pk: text.optional(),
  purpose: text.optional(),
  phase: text.optional(),
  steps: z.object({ L: z.array(z.object({ M: z.object({ title: text, status: text }) })) }).optional(),
});
const dynamoRequest = z.object({
  Item: item.optional(),
  Key: item.optional(),
  UpdateExpression: z.string().optional(),
});

const WRITES = ["PutItem", "UpdateItem", "DeleteItem"];
const STATES = ["StartExecution", "StopExecution", "SendTaskSuccess"];

/** Of requests: nothing is done about one that is lost, or counted twice. The lives in test/unit die there too. */
const COUNTS = "rate";

/** What a call of AWS changes, in words that are the same for each job; nothing for one that only reads. Sealing changes nothing. */
export function effectOnAws({ service, operation, request }: AwsCall): string | undefined {
  if (service === "states" && STATES.includes(operation)) return operation;
  if (service !== "dynamodb" || !WRITES.includes(operation)) return undefined;
  const { Item, Key, UpdateExpression } = dynamoRequest.parse(request);
  const update = UpdateExpression === undefined ? "" : ` ${UpdateExpression.split(" ")[0]}`;
  const subject = subjectOf(Item ?? Key ?? {});
  return subject === COUNTS ? undefined : `${operation} ${subject}${update}`;
}

function subjectOf({ pk, purpose, phase, steps }: z.infer<typeof item>): string {
  if (purpose !== undefined) return `secret ${purpose.S}`;
  const [kind = "", , on] = (pk?.S ?? "").split("#");
  if (phase === undefined) return kind === "claim" && on === "connection" ? "claim on a connection" : kind;
  const current = steps?.L.find(({ M }) => /pending|in-progress/.test(M.status.S));
  return phase.S === "following" ? `${kind} following, at ${current?.M.title.S}` : `${kind} ${phase.S}`;
}

const ID = /\/(users|connections|jobs|institutions)\/(?!refresh)[^/]+/g;

/** What is asked of upstream, with `*` for every id; nothing for a token, which is about no job. */
export function callUpstream(method: string, path: string): string | undefined {
  return path === "/token" ? undefined : `${method} ${path.replaceAll(ID, "/$1/*")}`;
}

const jobRow = z.object({ pk: text, id: text, userId: text });
const secretRow = z.object({ jobId: text, purpose: text });

/** The job that a call writes a row of, and its user. */
export function jobWritten({ operation, request }: AwsCall): { id: string; userId: string } | undefined {
  const row = jobRow.safeParse(request["Item"]);
  if (operation !== "PutItem" || !row.success) return undefined;
  return { id: row.data.id.S, userId: row.data.userId.S };
}

/** The job that a call keeps a secret of. */
export function keptFor({ operation, request }: AwsCall): string | undefined {
  const row = secretRow.safeParse(request["Item"]);
  return operation === "PutItem" && row.success ? row.data.jobId.S : undefined;
}
