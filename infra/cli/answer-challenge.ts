import { ApiError } from "../../client/errors.ts";
import { challengeOf } from "../../client/job-state.ts";
import type { Challenge } from "../../client/types.ts";
import { APPROVED, isApproval } from "../../functions/jobs/domain/challenge.ts";
import type { Secret } from "../../functions/jobs/domain/secret.ts";
import { askHidden, type Question } from "./ask.ts";
import type { Context } from "./context.ts";
import type { Io } from "./io.ts";
import { timeLeft } from "./job-lines.ts";
import type { JobView } from "./job-view.ts";
import { printable } from "./printable.ts";

/** Distinguishes a challenge from the one before, also if the bank asks the same again. */
export function keyOf(challenge: Challenge | undefined): string {
  return challenge === undefined ? "" : JSON.stringify(challenge);
}

/**
 * Asks a person for the answers to a challenge. Returns `undefined` if the signal closed the prompt, and what the prompts have left on
 * the terminal.
 *
 * @throws Interrupted
 */
export async function askForAnswers(
  io: Io,
  challenge: Challenge,
  signal: AbortSignal,
): Promise<{ answers: Secret[] | undefined; left: string[] }> {
  const answers: Secret[] = [];
  const left: string[] = [];
  for (const label of challenge.input) {
    const question = questionFor(challenge, label, signal, io);
    const answer = await askHidden(io, question, (lines) => left.push(...lines));
    if (answer === undefined) return { answers: undefined, left };
    answers.push(answer);
  }
  return { answers, left };
}

function questionFor(challenge: Challenge, label: string, signal: AbortSignal, io: Io): Question {
  const left = () => `${timeLeft(challenge.expiresAt, io.now())} left`;
  if (!isApproval(challenge)) return { label, signal, hint: left };
  return { label, signal, hint: () => `${left()}, then press Enter`, whenEmpty: APPROVED };
}

/** What the bank says besides its questions. A person does not need its name for security questions. */
export function wordsOf({ description, method, input }: Challenge): string[] {
  const words = printable(description);
  return words === "" || words === method || input.includes(description) ? [] : [words];
}

export interface Asking {
  key: string;
  /** Closes the prompt if it is still there. */
  close(): Promise<void>;
}

/** Asks for the answers while the job is watched, and sends them. Asks again if the API refuses them and the challenge is still open. */
export function askMeanwhile(
  context: Context,
  {
    id,
    challenge,
    view,
    onError,
  }: { id: string; challenge: Challenge; view: JobView; onError(error: unknown): void },
): Asking {
  const closing = new AbortController();
  const key = keyOf(challenge);

  async function untilAnswered(): Promise<void> {
    let words = wordsOf(challenge);
    while (!closing.signal.aborted) {
      view.pause(words);
      const { answers, left } = await askForAnswers(context.io, challenge, closing.signal);
      view.goOn(left);
      if (answers === undefined) return;
      const refused = await refusalOf(answers);
      if (refused === undefined) return;
      words = [printable(refused)];
    }
  }

  /** Returns the words of the API if the challenge is still open. Otherwise, the job shows what the bank decided. */
  async function refusalOf(answers: readonly Secret[]): Promise<string | undefined> {
    const { client, io } = context;
    const { signal } = io;
    const revealed = answers.map((answer) => answer.reveal());
    try {
      // The reply comes when the bank has decided. Ctrl-C does not wait for it.
      await client.answer(id, revealed, { signal });
      return undefined;
    } catch (error) {
      if (!(error instanceof ApiError) || error.status >= 500) throw error;
      const isOpen = keyOf(challengeOf(await client.job(id, { signal }))) === key;
      return isOpen ? (error.detail ?? error.title) : undefined;
    }
  }

  const done = untilAnswered().catch(onError);
  return {
    key,
    async close() {
      closing.abort();
      await done;
    },
  };
}
