import { createInterface } from "node:readline/promises";
import { challengeOf, stateOf } from "../../../client/job-state.ts";
import type { Challenge, Job, ListedJob } from "../../../client/types.ts";
import { Secret } from "../../../functions/jobs/domain/secret.ts";
import { askForAnswers, keyOf, wordsOf } from "../answer-challenge.ts";
import { type Context, print } from "../context.ts";
import { EXIT, type ExitCode, exitCodeOfJob } from "../exit-codes.ts";
import { followJob } from "../follow-job.ts";
import { canAsk, type Io } from "../io.ts";
import { conclusionOf } from "../job-lines.ts";
import { printable } from "../printable.ts";
import type { Call } from "../read-arguments.ts";
import { textTable } from "../text-table.ts";
import { UsageError } from "../usage-error.ts";
import { idIn, userIn } from "../values.ts";

const jobIn = (call: Call) => idIn(call, 0, "JOB");

export async function watch(context: Context, call: Call): Promise<ExitCode> {
  const id = jobIn(call);
  // Following retries for minutes. The first request soon shows whether the API replies, and whether the job exists.
  await context.client.job(id, { signal: context.io.signal });
  return followJob(context, id);
}

/** Starts the next attempt of a queued job, and follows it. */
export async function resume(context: Context, call: Call): Promise<ExitCode> {
  const { client, io } = context;
  const id = jobIn(call);
  // From the reply on, the job is shown as queued only if it is queued again.
  await client.resume(id, { signal: io.signal });
  return followJob(context, id);
}

export async function cancel(context: Context, call: Call): Promise<ExitCode> {
  const stub = await context.client.cancel(jobIn(call), { signal: context.io.signal });
  print(
    context,
    [stub],
    ["The job is cancelled. An aggregator that has the login may still make the connection."],
  );
  return EXIT.done;
}

export async function jobs(context: Context, call: Call): Promise<ExitCode> {
  const { client, io } = context;
  const found: ListedJob[] = [];
  for await (const job of client.jobs(userIn(call), { signal: io.signal })) found.push(job);
  const rows = found.map((job) => [job.id, job.created, job.institution.id, stateOf(job)].map(printable));
  print(context, found, textTable([["JOB", "CREATED", "BANK", "STATE"], ...rows]));
  return EXIT.done;
}

/** Sends the answers to the open challenge of a job, from a prompt or from the lines of standard input, and waits for the bank's decision. */
export async function answer(context: Context, call: Call): Promise<ExitCode> {
  const { client, io } = context;
  const id = jobIn(call);
  const job = await client.job(id, { signal: io.signal });
  const challenge = challengeOf(job);
  if (challenge === undefined) {
    print(context, [job], ["The bank asks nothing now.", ...conclusionOf(job)]);
    return stateOf(job) === "running" || stateOf(job) === "succeeded" ? EXIT.refused : exitCodeOfJob(job);
  }
  const answers = canAsk(io) ? await askedAnswers(context, challenge) : await linesOf(io, challenge);
  if (answers === undefined) {
    print(context, [], ["The time for the answer is over."]);
    return EXIT.mfaExpired;
  }
  const revealed = answers.map((one) => one.reveal());
  return reported(
    context,
    challenge,
    await decided(context, await client.answer(id, revealed, { signal: io.signal })),
  );
}

/** Returns `undefined` if the time for the answer is over. */
async function askedAnswers({ io }: Context, challenge: Challenge): Promise<Secret[] | undefined> {
  io.stderr.write(
    wordsOf(challenge)
      .map((line) => `${line}\n`)
      .join(""),
  );
  const untilDeadline = AbortSignal.timeout(Math.max(0, Date.parse(challenge.expiresAt) - io.now()) || 0);
  return (await askForAnswers(io, challenge, untilDeadline)).answers;
}

/** One line for each question, in their order. */
async function linesOf({ stdin, signal }: Io, { input }: Challenge): Promise<Secret[]> {
  const answers: Secret[] = [];
  const lines = createInterface({ input: stdin, signal });
  for await (const line of lines) {
    if (line !== "") answers.push(new Secret(line));
  }
  // Ctrl-C also ends the loop, without an error.
  signal.throwIfAborted();
  if (answers.length !== input.length) {
    throw new UsageError(
      `The bank asks ${input.length} question${input.length === 1 ? "" : "s"}, and standard input needs one line for each. It has ${answers.length}.`,
    );
  }
  return answers;
}

/** The reply to an answer waits for the bank for some seconds only. Returns the job when it no longer runs. */
async function decided({ client, io }: Context, answered: Job): Promise<Job> {
  if (stateOf(answered) !== "running") return answered;
  let last = answered;
  for await (const job of client.watch(answered.id, { signal: io.signal })) {
    last = job;
    if (stateOf(job) !== "running") break;
  }
  return last;
}

function reported(context: Context, asked: Challenge, job: Job): ExitCode {
  const open = challengeOf(job);
  if (open !== undefined && keyOf(open) !== keyOf(asked)) {
    print(context, [job], ["The bank asks again.", ...open.input.map(printable)]);
    return EXIT.refused;
  }
  print(context, [job], conclusionOf(job));
  return exitCodeOfJob(job);
}
