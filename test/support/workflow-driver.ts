import { Secret } from "../../functions/jobs/domain/secret.ts";
import { askForAnswer } from "../../functions/jobs/use-cases/ask-for-answer.ts";
import { giveUp } from "../../functions/jobs/use-cases/end-job.ts";
import { type Followed, followJob } from "../../functions/jobs/use-cases/follow-job.ts";
import { openAndFollow } from "../../functions/jobs/use-cases/open-connection.ts";
import { sendAndFollow } from "../../functions/jobs/use-cases/send-answer.ts";
import type { FakePorts } from "./fake-ports.ts";

const PAUSE_MS = 5_000;
const TWO_HOURS_MS = 7_200_000;
const MAX_HELD = 84;
/** Far more than the workflow makes: here it is the ends that count, not the pace. */
const MAX_TRIES = 1_000;
const PASSING: readonly string[] = ["UpstreamUnavailable", "JobChanged"];

/** What a Task's state leads to. */
type Next = Followed | { next: "wait-for-token"; token: string; timeoutSeconds: number };

/** One execution: goes from state to state as the workflow does, each at its time. */
export function execution(ports: FakePorts, name: string) {
  const jobId = name.slice(0, name.lastIndexOf("-"));
  const input = { jobId };
  let at = ports.clock.now().getTime();
  let [tries, held, tokens] = [0, 0, 0];
  let token: string | undefined;
  let task: () => Promise<Next> = open;

  function open(): Promise<Next> {
    return openAndFollow(ports, input);
  }

  function follow(): Promise<Next> {
    return followJob(ports, input);
  }

  function send(): Promise<Next> {
    return sendAndFollow(ports, input);
  }

  async function ask(timeoutSeconds: number): Promise<Next> {
    const asked = `${name} ${++tokens}`;
    await askForAnswer(ports, { jobId, taskToken: new Secret(asked) });
    return { next: "wait-for-token", token: asked, timeoutSeconds };
  }

  async function endBy(failure: string): Promise<Next> {
    await giveUp(ports, { jobId, failure });
    return { next: "done" };
  }

  function goOn(to: typeof task, seconds: number): void {
    task = to;
    at = ports.clock.now().getTime() + seconds * 1000;
    [tries, held] = [0, 0];
  }

  function take(said: Next): void {
    if (said.next === "wait") goOn(follow, said.waitSeconds);
    if (said.next === "hold") goOn(open, said.waitSeconds);
    if (said.next === "ask") goOn(() => ask(said.timeoutSeconds), 0);
    if (said.next === "wait-for-token") {
      goOn(send, said.timeoutSeconds);
      token = said.token;
    }
  }

  function again(ms = PAUSE_MS): void {
    at = ports.clock.now().getTime() + ms;
  }

  return {
    name,
    /** When it does something, unless it is woken before. */
    dueAt(): number {
      return ports.waker.received.has(token ?? "") ? ports.clock.now().getTime() : at;
    },
    /** Runs the Task of its state once. True when it was the last one. */
    async step(): Promise<boolean> {
      token = undefined;
      try {
        const said = await task();
        take(said);
        return said.next === "done";
      } catch (error) {
        const failure = error instanceof Error ? error.name : "";
        if (failure === "Crash") throw error;
        if (failure === "InstitutionUnavailable" && held++ < MAX_HELD) again(TWO_HOURS_MS);
        else if (PASSING.includes(failure) && tries++ < MAX_TRIES) again();
        else goOn(() => endBy(failure), 0);
        return false;
      }
    },
    /** Runs the Task once more that has just died. */
    again,
  };
}
