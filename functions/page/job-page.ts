import { APPROVED, isApproval } from "../jobs/domain/challenge.ts";
import { isOurFailure, type Outcome, outcomeOf, wasLeft } from "../jobs/domain/failures.ts";
import {
  type Challenge,
  isFinished,
  type Job,
  type JobKind,
  kindOf,
  type QueueReason,
} from "../jobs/domain/job.ts";
import { shownChallenge, shownQueue } from "../jobs/domain/shown.ts";
import {
  currentStep,
  MFA_CHALLENGE,
  type Step,
  type StepError,
  type StepStatus,
  statusOf,
  VERIFY_CREDENTIALS,
} from "../jobs/domain/steps.ts";
import { type Html, html } from "./html.ts";
import type { Live, Page } from "./layout.ts";
import { pathOfJob } from "./paths.ts";
import { exactly, roughly } from "./time-words.ts";

/** How a person leaves the page, as the app is told. */
export type Leaving = "succeeded" | "failed" | "queued" | "cancelled";

export interface JobView {
  job: Job;
  /** Undefined if the name is not known at the moment. */
  bankName: string | undefined;
  msUntil(moment: Date): number;
  /** Where a person goes who leaves the page. Undefined if the link names no address of the app. */
  back(outcome: Leaving): string | undefined;
  /** The form for another login, if the person may give one. */
  loginForm: string | undefined;
  /** For how long no login may be tried; 0 if one may be tried now. */
  blockedMs: number;
  /** What we know about the bank, in a sentence, if the job waits for it. */
  bankHealth: string | undefined;
  /** The questions to which the person gave no answer, by their place. */
  unanswered?: readonly number[];
}

/** A browser without script loads the page of a job that runs again after this time. */
const REFRESH_SECONDS = 2;
/** While a job waits in the queue, little happens. */
const REFRESH_QUEUED_SECONDS = 60;

/** The page of a job, which works without script, and better with it. */
export function jobPage(view: JobView): Page {
  return { ...screenOf(view), usesScript: true };
}

/** Its steps while it runs, the bank's questions, the queue, or how it ended. */
function screenOf(view: JobView): Page {
  const { job } = view;
  const challenge = shownChallenge(job);
  if (challenge !== undefined) return questionPage(view, challenge);
  const queue = shownQueue(job);
  if (queue !== undefined) return queuePage(view, queue);
  if (job.phase === "succeeded") return succeededPage(view);
  return isFinished(job) ? failedPage(view) : runningPage(view);
}

function liveOf({ id, version }: Job, screen: string, pauseSeconds: number): Live {
  return { screen, changes: `${pathOfJob(id)}/changes?version=${version}`, pauseSeconds };
}

function bankOf({ bankName }: JobView): string {
  return bankName ?? "your bank";
}

function atStart(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

function runningPage(view: JobView): Page {
  const { job } = view;
  const isChecking =
    statusOf(job.steps, MFA_CHALLENGE) === "in-progress" && job.challenge?.isAnswered === true;
  const title = isChecking ? `${atStart(bankOf(view))} checks your answer` : runningTitle(view);
  const body = html`<h1>${title}</h1>
<p>This takes about a minute. Keep this page open: the bank may ask you something.</p>
${stepList(withCurrent(job.steps))}
${cancelForm(job)}`;
  return {
    title,
    body,
    refreshSeconds: REFRESH_SECONDS,
    live: liveOf(job, isChecking ? "checking" : "running", 2),
  };
}

function runningTitle(view: JobView): string {
  return kindOf(view.job) === "refresh" ? `Reading from ${bankOf(view)}` : `Connecting ${bankOf(view)}`;
}

const STEP_WORDS = new Map([
  [VERIFY_CREDENTIALS, "Log in"],
  [MFA_CHALLENGE, "Confirm that it is you"],
  ["retrieve-accounts", "Read your accounts"],
  ["retrieve-transactions", "Read your transactions"],
  ["retrieve-statements", "Read your statements"],
]);

const STATUS_WORDS: { readonly [status in StepStatus]: { mark: string; words: string } } = {
  pending: { mark: "", words: "to do" },
  "in-progress": { mark: "", words: "in progress" },
  success: { mark: "✓", words: "done" },
  failed: { mark: "✕", words: "failed" },
  skipped: { mark: "–", words: "not needed" },
};

/** Until the aggregator has shown its job, no step is in progress. */
function withCurrent(steps: readonly Step[]): Step[] {
  const current = currentStep(steps);
  return steps.map((step) => (step === current ? { ...step, status: "in-progress" } : step));
}

function stepList(steps: readonly Step[]): Html {
  return html`<ol class="steps">
${steps.map(({ title, status }) => {
  const { mark, words } = STATUS_WORDS[status];
  const isCurrent = status === "in-progress";
  return html`<li class="${status}"${isCurrent && html` aria-current="step"`}><span class="mark" aria-hidden="true">${mark}</span>
<span class="what">${STEP_WORDS.get(title) ?? atStart(title.replaceAll("-", " "))}</span> <span class="state">${words}</span></li>
`;
})}</ol>`;
}

function cancelForm({ id }: Job): Html {
  return html`<form method="post" action="${pathOfJob(id)}/cancel"><button class="quiet" data-busy="Cancelling…">Cancel</button></form>`;
}

function questionPage(view: JobView, challenge: Challenge & { expiresAt: string }): Page {
  const { job, unanswered = [] } = view;
  const { input, number, description, expiresAt } = challenge;
  const isApproved = isApproval(challenge);
  const title = questionTitle(view, challenge);
  const isWrong = unanswered.length > 0;
  const leftMs = Math.max(0, view.msUntil(new Date(expiresAt)));
  const body = html`<h1>${title}</h1>
${isWrong && answerSummary(input, unanswered)}
${number > 1 && html`<p><strong>The bank asks again.</strong></p>`}
${saysMore(challenge) && html`<p class="bank-words">${description}</p>`}
<p>You have <span class="left" data-left="${Math.floor(leftMs / 1000)}">${exactly(leftMs)}</span> to answer.</p>
${isApproved ? approvalForm(job, challenge, isWrong) : answerForm(view, challenge)}
${cancelForm(job)}`;
  return {
    title: isWrong ? `Error: ${title}` : title,
    body,
    live: liveOf(job, `question-${number}`, 5),
  };
}

function questionTitle(view: JobView, challenge: Challenge): string {
  const bank = bankOf(view);
  if (isApproval(challenge)) return `Approve the login in the app of ${bank}`;
  if (challenge.method === "token") return `Enter the code from ${bank}`;
  return `${atStart(bank)} asks you ${challenge.input.length === 1 ? "a question" : "some questions"}`;
}

/** Some banks send the name of the method in place of a description, or the question itself. */
function saysMore({ description, method, input }: Challenge): boolean {
  return description !== "" && description !== method && !input.includes(description);
}

function answerSummary(input: readonly string[], unanswered: readonly number[]): Html {
  return html`<div class="problem" role="alert" tabindex="-1" autofocus>
<h2>There is a problem</h2>
<ul>${unanswered.map((place) => html`<li><a href="#answer-${place}">Answer “${input[place] ?? ""}”.</a></li>`)}</ul>
</div>`;
}

function answerForm({ job, unanswered = [] }: JobView, challenge: Challenge): Html {
  return html`<form method="post" action="${pathOfJob(job.id)}/mfa">
<input type="hidden" name="challenge" value="${challenge.number}">
${challenge.input.map((label, place) => answerField(challenge, label, place, unanswered.includes(place)))}
<button data-busy="Sending the answer…">Send the answer</button>
</form>`;
}

function answerField({ method, input }: Challenge, label: string, place: number, isWrong: boolean): Html {
  const isCode = method === "token" && input.length === 1;
  const kind = isCode ? html`autocomplete="one-time-code" inputmode="numeric"` : html`autocomplete="off"`;
  return html`<div class="field">
<label for="answer-${place}">${label}</label>
${isWrong && html`<p class="wrong" id="answer-${place}-wrong">Answer this question.</p>`}
<input id="answer-${place}" name="answer" type="text" ${kind} autocapitalize="none" spellcheck="false" required${isWrong && html` aria-invalid="true" aria-describedby="answer-${place}-wrong"`}>
</div>
`;
}

/** No field says that the bank wants an approval, so that a code can be given too. */
function approvalForm(job: Job, challenge: Challenge, isOpen: boolean): Html {
  return html`<p class="bank-words">${challenge.input[0] ?? ""}</p>
<form method="post" action="${pathOfJob(job.id)}/mfa">
<input type="hidden" name="challenge" value="${challenge.number}">
<input type="hidden" name="answer" value="${APPROVED}">
<button data-busy="Please wait…">I have approved it</button>
</form>
<details${isOpen && html` open`}><summary>The bank sent me a code instead</summary>
<form method="post" action="${pathOfJob(job.id)}/mfa">
<input type="hidden" name="challenge" value="${challenge.number}">
${answerField(challenge, "Code", 0, isOpen)}
<button class="quiet" data-busy="Sending the code…">Send the code</button>
</form>
</details>`;
}

const QUEUE_WORDS: {
  readonly [reason in QueueReason]: {
    title: string;
    why(bank: string, left: string): string;
    resume: string;
  };
} = {
  "institution-unavailable": {
    title: "is down at the moment",
    why: (_, left) =>
      `We keep trying for ${left}, and connect your bank as soon as it is back. You may close this page.`,
    resume: "Try again now",
  },
  "challenge-not-answered": {
    title: "waits for your answer",
    why: (bank) =>
      `${bank} asked you something, and nobody answered in time. Go on when you are ready to answer.`,
    resume: "Go on now",
  },
  "ready-for-user": {
    title: "is back",
    why: (bank) => `${bank} will ask you something, so we wait for you. Go on when you are ready to answer.`,
    resume: "Go on now",
  },
};

function queuePage(view: JobView, queue: NonNullable<ReturnType<typeof shownQueue>>): Page {
  const { job } = view;
  const bank = atStart(bankOf(view));
  const { title: words, why, resume } = QUEUE_WORDS[queue.reason];
  const title = `${bank} ${words}`;
  const back = view.back("queued");
  const left = roughly(view.msUntil(new Date(queue.expiresAt)));
  const isUpToUser = queue.reason === "ready-for-user";
  const body = html`<h1>${title}</h1>
<p>${why(bank, left)}</p>
${view.bankHealth !== undefined && html`<p>${view.bankHealth}</p>`}
${!isUpToUser && html`<p>The next try is in about ${roughly(view.msUntil(new Date(queue.nextAttemptAt)))}.</p>`}
${queue.reason !== "institution-unavailable" && html`<p>We stop waiting in about ${left}.</p>`}
<form method="post" action="${pathOfJob(job.id)}/resume"><button data-busy="Please wait…">${resume}</button></form>
${goBack(back, "Go back to the app")}
${cancelForm(job)}`;
  return {
    title,
    body,
    refreshSeconds: REFRESH_QUEUED_SECONDS,
    live: liveOf(job, `queue-${job.attempt}-${queue.reason}`, 30),
  };
}

function goBack(back: string | undefined, words: string, isMain = false): Html | false {
  return (
    back !== undefined &&
    html`<p><a class="${isMain ? "button" : "button quiet"}" href="${back}">${words}</a></p>`
  );
}

const SUCCEEDED: { readonly [kind in JobKind]: string } = {
  create: "is connected",
  update: "is connected again",
  refresh: "is up to date",
  adopt: "is connected",
};

function succeededPage(view: JobView): Page {
  const { job } = view;
  const title = `${atStart(bankOf(view))} ${SUCCEEDED[kindOf(job)]}`;
  const body = html`<h1>${title}</h1>
${stepList(job.steps)}
${goBack(view.back("succeeded"), "Go back to the app", true) || html`<p>You can close this page now.</p>`}`;
  return { title, body };
}

interface EndWords {
  title: string;
  /** What the person can do. */
  next: string;
}

const TRY_AGAIN = "You can log in again.";
const LATER = "Please try again later.";

const ENDS: { readonly [outcome in Exclude<Outcome, "succeeded">]: EndWords } = {
  "credentials-refused": {
    title: "did not accept your login",
    next: "Check your login, and try again. Banks lock an account after a few wrong logins.",
  },
  "mfa-failed": {
    title: "did not accept your answer",
    next: "When you log in again, the bank asks you again.",
  },
  "mfa-expired": {
    title: "waited too long for your answer",
    next: "When you log in again, the bank asks you again.",
  },
  "timed-out": { title: "took too long", next: LATER },
  cancelled: { title: "is not connected", next: "You have cancelled. Your login is deleted." },
  unavailable: { title: "is down at the moment", next: LATER },
  internal: { title: "could not be connected", next: `The mistake is ours. ${LATER}` },
  other: { title: "could not be connected", next: TRY_AGAIN },
};

const LEFT: EndWords = {
  title: "is not connected",
  next: "You left before the bank had confirmed the connection.",
};

function failedPage(view: JobView): Page {
  const { job, blockedMs } = view;
  const outcome = outcomeOf(job);
  const { title: words, next } = wasLeft(job) ? LEFT : ENDS[outcome === "succeeded" ? "other" : outcome];
  const title = `${atStart(bankOf(view))} ${words}`;
  const failed = job.steps.find(({ status }) => status === "failed");
  const isCancelled = outcome === "cancelled";
  const loginForm = blockedMs > 0 ? undefined : view.loginForm;
  const back = view.back(isCancelled ? "cancelled" : "failed");
  const body = html`<h1>${title}</h1>
${bankWords(failed)}
${blockedMs === 0 && html`<p>${next}</p>`}
${blockedMs > 0 && html`<p><strong>You can log in again in ${roughly(blockedMs)}.</strong> Another wrong login could lock your account at the bank.</p>`}
${job.steps.some(({ status }) => status === "success") && stepList(job.steps)}
${loginForm !== undefined && html`<p><a class="button" href="${loginForm}">Log in again</a></p>`}
${goBack(back, "Go back to the app", loginForm === undefined) || html`<p>You can also close this page.</p>`}
<p class="small">For support: <code>${job.id}</code></p>`;
  return { title, body };
}

/** Returns what the bank said, in its words. Ours are said in the words of people already. */
function bankWords(step: Step | undefined): Html | false {
  const error = errorOf(step);
  if (error === undefined || isOurFailure(error)) return false;
  const { title, detail } = error;
  return html`<p>The bank says:</p>
<blockquote class="bank-words"><p>${title}</p>${detail !== title && html`<p>${detail}</p>`}</blockquote>`;
}

function errorOf(step: Step | undefined): StepError | undefined {
  return step?.result != null && "code" in step.result ? step.result : undefined;
}
