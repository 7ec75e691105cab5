import { AsyncLocalStorage } from "node:async_hooks";
import * as z from "zod";
import type { Around } from "../../../infra/local/function-host.ts";
import { callingFunctions } from "../../support/crash-world.ts";

/** One invocation of a function, which a test may end. */
export interface Life {
  /** Such as `create-connection`; `task` for those that follow a job: which of them comes to do something is a matter of time. */
  entry: string;
  /** What of its event says for whom it runs. */
  about: { userId?: string | undefined; jobId?: string | undefined; taskToken?: string | undefined };
  isOver: boolean;
  /** Nothing that it does from now on has an effect, and its caller hears of the end in Lambda's words. */
  end(): void;
}

const taskEvent = z.object({ jobId: z.string(), taskToken: z.string().optional() });
const apiEvent = z.object({
  pathParameters: z.object({ userId: z.string().optional(), jobId: z.string().optional() }),
});

/** A crash, and a time-out that cut it off: the workflow knows both by their names. The gateway answers either with a 500. */
const ENDS = ["Runtime.ExitError", "Sandbox.Timedout"];

/** Functions whose process may die under an invocation. */
export function mortality() {
  const functions = callingFunctions();
  const current = new AsyncLocalStorage<Life>();
  const lives = new Map<number, Life>();
  let ended = 0;

  const around: Around = (entry, event, run) =>
    functions.within(entry, () => {
      const death = Promise.withResolvers<never>();
      const life: Life = {
        entry: nameOf(entry),
        about: aboutWhom(event),
        isOver: false,
        end() {
          life.isOver = true;
          const name = ENDS[ended++ % ENDS.length];
          death.reject(Object.assign(new Error("As the test wants it."), { name }));
        },
      };
      lives.set(functions.invocations.length, life);
      return Promise.race([death.promise, current.run(life, () => run(event))]);
    });

  return {
    around,
    /** Whether what runs here is a function. */
    isRunning: () => current.getStore() !== undefined,
    /** The invocation that sent a request; nobody when a test did. */
    senderOf(headers: { readonly [name: string]: unknown }): Life | undefined {
      const invocation = functions.senderOf(headers);
      return invocation && lives.get(invocation.number);
    },
    /** The job whose workflow waits for a token, or has waited for it. */
    jobOfToken: (taskToken: unknown) =>
      [...lives.values()].find(({ about }) => about.taskToken === taskToken)?.about.jobId,
    close: functions.close,
  };
}

export type Mortality = ReturnType<typeof mortality>;

const FOLLOWING = ["open-connection", "follow-job", "send-answer"];

function nameOf(entry: string): string {
  const name = entry.replace(/^.*\/|\.lambda\.ts$/g, "");
  return FOLLOWING.includes(name) ? "task" : name;
}

function aboutWhom(event: unknown): Life["about"] {
  const task = taskEvent.safeParse(event);
  if (task.success) return task.data;
  const request = apiEvent.safeParse(event);
  return request.success ? request.data.pathParameters : {};
}
