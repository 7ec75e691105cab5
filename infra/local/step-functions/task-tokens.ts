import { randomBytes } from "node:crypto";
import { AwsError } from "../aws/aws-json-endpoint.ts";
import { type JsonValue, StateFailure } from "./payloads.ts";

const TOKEN_FORM = /^task-[\w-]{64}$/;
const REMEMBERED_TIMEOUTS = 2_000;

export function newTaskToken(): string {
  return `task-${randomBytes(48).toString("base64url")}`;
}

/**
 * Stores the tokens of callback Tasks that are waiting. A token with a valid form that is not stored belongs to a finished
 * Task.
 */
export class TaskTokens {
  readonly #waiting = new Map<string, PromiseWithResolvers<JsonValue>>();
  readonly #timedOut = new Set<string>();

  /** Resolves with the output of SendTaskSuccess, or rejects with the error of SendTaskFailure. */
  open(token: string): Promise<JsonValue> {
    const answer = Promise.withResolvers<JsonValue>();
    this.#waiting.set(token, answer);
    return answer.promise;
  }

  /** @throws InvalidToken, TaskTimedOut or TaskDoesNotExist. */
  succeed(token: string, output: JsonValue): void {
    this.#take(token).resolve(output);
  }

  /** @throws InvalidToken, TaskTimedOut or TaskDoesNotExist. */
  fail(token: string, error: string, cause: string): void {
    this.#take(token).reject(new StateFailure(error, cause));
  }

  /**
   * Removes the token. A later call with one of the 2,000 most recently timed-out tokens throws TaskTimedOut, with another
   * token TaskDoesNotExist.
   */
  close(token: string, why: "over" | "timed-out"): void {
    this.#waiting.delete(token);
    if (why === "over") return;
    this.#timedOut.add(token);
    const [oldest] = this.#timedOut;
    if (oldest !== undefined && this.#timedOut.size > REMEMBERED_TIMEOUTS) this.#timedOut.delete(oldest);
  }

  #take(token: string): PromiseWithResolvers<JsonValue> {
    if (!TOKEN_FORM.test(token)) throw new AwsError("InvalidToken", "The token is not a task token.");
    if (this.#timedOut.has(token)) throw new AwsError("TaskTimedOut", "The task has timed out.");
    const answer = this.#waiting.get(token);
    if (answer === undefined) throw new AwsError("TaskDoesNotExist", "The task is over.");
    this.#waiting.delete(token);
    return answer;
  }
}
