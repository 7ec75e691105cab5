import { UpstreamRefused } from "./errors.ts";
import { CREDENTIALS_REFUSED, isOutage, QUEUED_UPSTREAM } from "./failures.ts";
import type { Upstream } from "./ports.ts";
import type { Secret } from "./secret.ts";
import type { Step, StepError } from "./steps.ts";
import type { UpstreamJob } from "./upstream-job.ts";

/** In characters. Shorter secrets also occur in ordinary sentences. */
const MIN_CHARS = 4;
const MASK = "[secret]";

interface Mask {
  /** Replaces the whole text if it repeats a secret: the words around a secret reveal something about it. */
  whole(text: string): string;
  /** Replaces only the secret: the user has to read the question, and where a code was sent. */
  part(text: string): string;
}

/**
 * Wraps the aggregator, so that its texts do not repeat secrets that were sent through the wrapper: we store its
 * texts about a login or an answer in the job's row, unencrypted. The wrapper knows only the secrets that were sent
 * through it, so create a wrapper for each run.
 */
export function withoutEcho(upstream: Upstream): Upstream {
  const sent: string[] = [];
  const mask: Mask = {
    whole: (text) => (sent.some((form) => anyCase(form).test(text)) ? MASK : text),
    part: (text) => sent.reduce((rest, form) => rest.replace(anyCase(form), MASK), text),
  };

  async function hearing<Received>(
    secrets: readonly Secret[],
    call: () => Promise<Received>,
  ): Promise<Received> {
    sent.push(...secrets.flatMap(formsOf));
    // Longest first, because one secret may contain another.
    sent.sort((one, other) => other.length - one.length);
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof UpstreamRefused)) throw error;
      throw new UpstreamRefused(error.status, maskedError(error.problem, mask));
    }
  }

  return {
    ...upstream,
    openConnection: (userId, institutionId, login) =>
      hearing(Object.values(login), () => upstream.openConnection(userId, institutionId, login)),
    updateConnection: (userId, connectionId, login) =>
      hearing(Object.values(login), () => upstream.updateConnection(userId, connectionId, login)),
    answer: (userId, upstreamJobId, answers) =>
      hearing(answers, () => upstream.answer(userId, upstreamJobId, answers)),
    job: async (upstreamJobId) => maskedJob(await hearing([], () => upstream.job(upstreamJobId)), mask),
  };
}

/** Banks may write login ids in another case. */
function anyCase(form: string): RegExp {
  return new RegExp(form.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&"), "gi");
}

/** Returns the secret as it is, as JSON writes it, and as URLs write it. */
function formsOf(secret: Secret): string[] {
  const text = secret.reveal();
  if (text.length < MIN_CHARS) return [];
  return [text, JSON.stringify(text).slice(1, -1), encodeURIComponent(text.toWellFormed())];
}

/**
 * Keeps the codes that decide something: otherwise, a login with such a code as its security code would not be
 * counted for the lock-out.
 */
function maskedError({ code, title, detail }: StepError, mask: Mask): StepError {
  const decides = code === CREDENTIALS_REFUSED || code === QUEUED_UPSTREAM || isOutage(code);
  return { code: decides ? code : mask.whole(code), title: mask.whole(title), detail: mask.whole(detail) };
}

function maskedJob(job: UpstreamJob, mask: Mask): UpstreamJob {
  const { steps, challenge } = job;
  return {
    ...job,
    steps: steps.map((step) => maskedStep(step, mask)),
    challenge: challenge && {
      ...challenge,
      description: mask.part(challenge.description),
      input: challenge.input.map(mask.part),
    },
  };
}

/**
 * The form of the aggregator's step titles, which are never masked: a title that is masked in one poll only
 * would look like another step.
 */
const TITLE = /^[a-z-]{1,40}$/;

/** Keeps links: programs follow them, and the id of a bank in a link may be equal to the answer to a question. */
function maskedStep({ title, status, result }: Step, mask: Mask): Step {
  return {
    title: TITLE.test(title) ? title : mask.whole(title),
    status,
    result: result !== null && "code" in result ? maskedError(result, mask) : result,
  };
}
