import { challengeOf, queueOf } from "../../client/job-state.ts";
import type { Job } from "../../client/types.ts";
import { type Asking, askMeanwhile, keyOf } from "./answer-challenge.ts";
import type { Context } from "./context.ts";
import { EXIT, type ExitCode, exitCodeOfJob, Interrupted } from "./exit-codes.ts";
import { canAsk } from "./io.ts";
import { jobView } from "./job-view.ts";

/**
 * Shows a job until it has ended or waits in the queue, asks for the answers to its challenges, and returns the exit code.
 *
 * @throws Interrupted, after it has printed how to continue.
 */
export async function followJob(context: Context, id: string): Promise<ExitCode> {
  const { client, io, asJson, commandLine } = context;
  const view = jobView(io, asJson);
  const stop = new AbortController();
  view.say([`Job ${id}`]);
  let asking: Asking | undefined;
  let last: Job | undefined;
  try {
    const signal = AbortSignal.any([io.signal, stop.signal]);
    for await (const job of client.watch(id, { progress: true, signal })) {
      const challenge = challengeOf(job);
      if (asking !== undefined && asking.key !== keyOf(challenge)) {
        await asking.close();
        asking = undefined;
      }
      last = job;
      view.show(job);
      if (queueOf(job) !== undefined) break;
      if (challenge === undefined || asking !== undefined) continue;
      if (canAsk(io)) {
        const onError = (error: unknown) => stop.abort(error);
        asking = askMeanwhile(context, { id, challenge, view, onError });
      } else {
        asking = { key: keyOf(challenge), close: async () => undefined };
        view.say([`To answer: ${commandLine(`answer ${id}`)}`]);
      }
    }
    await asking?.close();
  } catch (error) {
    await asking?.close();
    view.end(undefined);
    if (error instanceof Interrupted) {
      io.stderr.write(`The job goes on. To follow it:\n  ${commandLine(`watch ${id}`)}\n`);
    }
    throw error;
  }
  view.end(last);
  if (last === undefined) return EXIT.failed;
  if (queueOf(last) !== undefined) view.say([`To try now: ${commandLine(`resume ${id}`)}`]);
  return exitCodeOfJob(last);
}
