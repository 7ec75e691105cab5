import * as z from "zod";
import { HOOLI, PIED_PIPER } from "../../journeys/logins.ts";
import type { AwsCall } from "../../support/aws-recorder.ts";
import type { CanaryWorld } from "./canary-world.ts";
import type { Sink } from "./scanner.ts";
import type { Visitor } from "./visitor.ts";
import { keptSinks } from "./world-sinks.ts";

const CODE = "1234";
const items = z.array(z.record(z.string(), z.unknown()));
const text = z.object({ S: z.string() });

/** What is kept while a login is being opened, while a user is asked, and while an answer is on its way. All goes on then. */
export async function keptWhileOpen(world: CanaryWorld, visitor: () => Visitor): Promise<Sink[]> {
  const [sending, asked, answered] = [visitor(), visitor(), visitor()];
  const askedJobId = await asked.begin(PIED_PIPER, asked.login("jared"));
  const answeredJobId = await answered.begin(PIED_PIPER, answered.login("jared"));
  await asked.asked(askedJobId);
  await answered.asked(answeredJobId);

  const opening = world.recorder.hold(isOpeningTheLoginOf(sending.userId));
  const waking = world.recorder.hold(({ operation }) => operation === "SendTaskSuccess");
  const sendingJobId = await sending.begin(HOOLI, sending.login("gavin"));
  const answering = answered.answer(answeredJobId, answered.secret("answer", CODE));
  await Promise.all([opening.arrived, waking.arrived]);
  const sinks = await keptSinks(world);
  opening.release();
  waking.release();

  await answering;
  await Promise.all([answered.connection(answeredJobId), sending.connection(sendingJobId)]);
  await asked.call("DELETE", `/jobs/${askedJobId}`);
  return sinks;
}

function isOpeningTheLoginOf(userId: string) {
  return ({ operation, request }: AwsCall) => {
    const context = Object(request["EncryptionContext"]);
    return operation === "Decrypt" && context.userId === userId && context.purpose === "login";
  };
}

/** What is sealed in the rows of these sinks, by what it is: how many there are, and how many of their jobs are in no raw file. */
export function sealedIn(sinks: readonly Sink[]) {
  const raw = sinks
    .filter(({ name }) => /^dynamodb[\\/]/.test(name))
    .map(({ content }) => Buffer.from(content));
  const sealed: { [what: string]: number } = {};
  const notInFiles: string[] = [];
  for (const row of sinks.flatMap(rowsIn)) {
    const purpose = text.safeParse(row["purpose"]);
    const what = "sealedTaskToken" in row ? "task-token" : purpose.data?.S;
    if (what === undefined || !("sealed" in row || "sealedTaskToken" in row)) continue;
    sealed[what] = (sealed[what] ?? 0) + 1;
    const { data } = text.safeParse(row["jobId"] ?? row["pk"]);
    if (!raw.some((content) => content.includes(data?.S ?? ""))) notInFiles.push(what);
  }
  return { sealed, notInFiles };
}

function rowsIn({ name, content }: Sink) {
  return name.startsWith("rows of ") ? items.parse(JSON.parse(Buffer.from(content).toString())) : [];
}
