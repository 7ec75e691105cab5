import { parse } from "zod/v4/core";
import type { AccessPorts } from "../../functions/access/ports.ts";
import type { Ports } from "../../functions/jobs/domain/ports.ts";
import { Secret } from "../../functions/jobs/domain/secret.ts";
import { sfnWaker } from "../../functions/jobs/store/executions.ts";
import { answerChallenge } from "../../functions/jobs/use-cases/answer-challenge.ts";
import { askForAnswer } from "../../functions/jobs/use-cases/ask-for-answer.ts";
import { acceptConnection } from "../../functions/jobs/use-cases/create-connection.ts";
import { giveUp } from "../../functions/jobs/use-cases/end-job.ts";
import { type FollowDeps, followJob } from "../../functions/jobs/use-cases/follow-job.ts";
import { openAndFollow } from "../../functions/jobs/use-cases/open-connection.ts";
import { sendAndFollow } from "../../functions/jobs/use-cases/send-answer.ts";
import {
  askInput,
  followOutput,
  giveUpInput,
  jobInput,
  jobOutput,
  taskHandler,
} from "../../functions/jobs/workflow/handlers.ts";
import { fakePorts } from "../support/fake-ports.ts";
import type { Entry, Invoke, workflowEndpoint } from "./deployed-workflow.ts";
import { pausesOf } from "./pauses.ts";
import { type BankBehaviour, timedBank } from "./timed-bank.ts";

/** The job of this id waits longest where jobs are spread. */
const LAST_OF_ITS_BURST = "00000000-0000-4000-8000-000000ffffff";

/**
 * The entries' own code on ports in memory, at a bank that goes by the same clock, which moves as long as the workflow waits
 * or pauses. The user answers at once.
 */
export function useCaseTasks(
  { client, definition }: Awaited<ReturnType<typeof workflowEndpoint>>,
  behaviour: BankBehaviour,
) {
  const pauses = pausesOf(definition);
  const fakes = fakePorts();
  const { upstream, logins } = timedBank(fakes.clock, behaviour);
  const ports = {
    ...fakes,
    newId: () => LAST_OF_ITS_BURST,
    upstream,
    institutions: upstream,
    waker: sfnWaker(client),
  };
  const handlers = handlersOf(ports);

  const invoke: Invoke = async (entry, payload) => {
    try {
      const result = await handlers[entry](payload);
      if (entry === "ask-for-answer") await answer(ports, parse(jobInput, payload).jobId);
      ports.clock.pass(pauses.msAfterResult(result));
      return result;
    } catch (error) {
      ports.clock.pass(pauses.msAfterError(entry, error instanceof Error ? error.name : ""));
      throw error;
    }
  };

  return {
    ...ports,
    logins,
    invoke,
    accept: async () => {
      const login = { loginId: new Secret("gavinBelson"), password: new Secret("hooli2016") };
      return (await acceptConnection(ports, { userId: "ea3a81", institutionId: "BANK", login })).job;
    },
  };
}

type TaskPorts = FollowDeps & Pick<Ports & AccessPorts, "requestCounts" | "sealer" | "waker">;

function handlersOf(ports: TaskPorts): { [entry in Entry]: (payload: unknown) => Promise<unknown> } {
  return {
    "open-connection": taskHandler("open-connection", jobInput, followOutput, async ({ jobId }) => ({
      jobId,
      ...(await openAndFollow(ports, { jobId })),
    })),
    "follow-job": taskHandler("follow-job", jobInput, followOutput, async ({ jobId }) => ({
      jobId,
      ...(await followJob(ports, { jobId })),
    })),
    "ask-for-answer": taskHandler("ask-for-answer", askInput, jobOutput, (input) =>
      askForAnswer(ports, input).then(() => ({ jobId: input.jobId })),
    ),
    "send-answer": taskHandler("send-answer", jobInput, followOutput, async ({ jobId }) => ({
      jobId,
      ...(await sendAndFollow(ports, { jobId })),
    })),
    "give-up": taskHandler("give-up", giveUpInput, jobOutput, (input) =>
      giveUp(ports, input).then(() => ({ jobId: input.jobId })),
    ),
  };
}

function answer(ports: TaskPorts, jobId: string) {
  const caller = { scope: "SERVER_ACCESS", version: "3.0" } as const;
  return answerChallenge(ports, { jobId, caller, answers: [new Secret("1234")] });
}
