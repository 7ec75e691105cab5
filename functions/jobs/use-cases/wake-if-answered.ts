import type { Job } from "../domain/job.ts";
import type { Ports } from "../domain/ports.ts";
import { taskTokenOf } from "../domain/secret-refs.ts";

/** Wakes the workflow of a job whose answer was taken and not sent yet. Waking it again is no error. */
export async function wakeIfAnswered(deps: Pick<Ports, "sealer" | "waker">, job: Job): Promise<void> {
  const { phase, sealedTaskToken, challenge } = job;
  if (phase !== "answered" || sealedTaskToken === undefined || challenge === undefined) return;
  const token = await deps.sealer.unseal(taskTokenOf(job), Buffer.from(sealedTaskToken, "base64"));
  await deps.waker.wake(token, challenge.number);
}
