import { UpstreamRefused } from "./errors.ts";
import { CREDENTIALS_REFUSED, isOutage, QUEUED_UPSTREAM } from "./failures.ts";
import type { Upstream } from "./ports.ts";
import type { Secret } from "./secret.ts";
import type { Step, StepError } from "./steps.ts";
import type { UpstreamJob } from "./upstream-job.ts";

/** Shorter ones stand in every sentence. */
const MIN_CHARS = 4;
const MASK = "[secret]";

interface Mask {
  /** A text that repeats a secret goes as a whole: how a secret fits into a sentence tells of it. */
  whole(text: string): string;
  /** Only the secret goes: a user has to know what to answer, and where a code was sent. */
  part(text: string): string;
}

/**
 * Upstream, whose words hold nothing of what was sent to it through this: what it says of a login or an answer is kept in the
 * job's row, in the clear. It knows what was sent through it and no more, so it is made anew for each run.
 */
export function withoutEcho(upstream: Upstream): Upstream {
  const sent: string[] = [];
  const mask: Mask = {
    whole: (text) => (sent.some((form) => anyCase(form).test(text)) ? MASK : text),
    part: (text) => sent.reduce((rest, form) => rest.replace(anyCase(form), MASK), text),
  };

  async function hearing<Heard>(secrets: readonly Secret[], call: () => Promise<Heard>): Promise<Heard> {
    sent.push(...secrets.flatMap(formsOf));
    // One secret may stand in another.
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
    answer: (upstreamJobId, answers) => hearing(answers, () => upstream.answer(upstreamJobId, answers)),
    job: async (upstreamJobId) => maskedJob(await hearing([], () => upstream.job(upstreamJobId)), mask),
  };
}

/** Banks write login ids in their own case. */
function anyCase(form: string): RegExp {
  return new RegExp(form.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&"), "gi");
}

/** As it is, and as JSON and addresses write it. */
function formsOf(secret: Secret): string[] {
  const text = secret.reveal();
  if (text.length < MIN_CHARS) return [];
  return [text, JSON.stringify(text).slice(1, -1), encodeURIComponent(text.toWellFormed())];
}

/** Codes that decide something stay: else whoever sends one as a security code would not be counted for the lock-out. */
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

/** As upstream names steps. Masked in one look only, a title would be another step. */
const TITLE = /^[a-z-]{1,40}$/;

/** A link is an address that a program follows, and the id of a bank in it may be the answer to a question. */
function maskedStep({ title, status, result }: Step, mask: Mask): Step {
  return {
    title: TITLE.test(title) ? title : mask.whole(title),
    status,
    result: result !== null && "code" in result ? maskedError(result, mask) : result,
  };
}
