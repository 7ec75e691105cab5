import type { InstitutionState } from "../institutions/domain/state.ts";
import { APPROVED, isApproval } from "../jobs/domain/challenge.ts";
import { isOurFailure, outcomeOf, wasLeft } from "../jobs/domain/failures.ts";
import { type Challenge, isFinished, type Job, kindOf } from "../jobs/domain/job.ts";
import { shownChallenge, shownQueue } from "../jobs/domain/shown.ts";
import { currentStep, MFA_CHALLENGE, type Step, type StepError, statusOf } from "../jobs/domain/steps.ts";
import { type Html, html } from "./html.ts";
import type { Language } from "./language.ts";
import type { Live, Page, Screen } from "./layout.ts";
import { pathOfJob } from "./paths.ts";
import { exactly, roughly } from "./time-words.ts";
import { counted, fill, filled, healthWords, stepWords } from "./words.ts";

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
  /** What we know about the bank, if the job waits for it. */
  bankState: InstitutionState | undefined;
  /** The questions to which the person gave no answer, by their place. */
  unanswered?: readonly number[];
}

/** A browser without script loads the page of a job that runs again after this time. */
const REFRESH_SECONDS = 2;
/** While a job waits in the queue, little happens. */
const REFRESH_QUEUED_SECONDS = 60;

/** The page of a job, which works without script, and better with it. */
export function jobPage(view: JobView): Screen {
  return (language) => ({ ...screenOf(view, language), usesScript: true });
}

/** Its steps while it runs, the bank's questions, the queue, or how it ended. */
function screenOf(view: JobView, language: Language): Page {
  const { job } = view;
  const challenge = shownChallenge(job);
  if (challenge !== undefined) return questionPage(view, challenge, language);
  const queue = shownQueue(job);
  if (queue !== undefined) return queuePage(view, queue, language);
  if (job.phase === "succeeded") return succeededPage(view, language);
  return isFinished(job) ? failedPage(view, language) : runningPage(view, language);
}

function liveOf({ id, version }: Job, screen: string, pauseSeconds: number): Live {
  return { screen, changes: `${pathOfJob(id)}/changes?version=${version}`, pauseSeconds };
}

/** Fills the name of the bank into a text, and other values. */
function withBank({ bankName }: JobView, { words }: Language, text: string, values = {}): string {
  const said = fill(text, { ...values, bank: bankName ?? words.yourBank });
  // Not the name of a bank: some begin with a small letter.
  return bankName === undefined ? atStart(said) : said;
}

function atStart(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

function runningPage(view: JobView, language: Language): Page {
  const { job } = view;
  const { running } = language.words;
  const isChecking =
    statusOf(job.steps, MFA_CHALLENGE) === "in-progress" && job.challenge?.isAnswered === true;
  const doing = kindOf(job) === "refresh" ? running.reading : running.connecting;
  const title = withBank(view, language, isChecking ? running.checking : doing);
  const body = html`<h1>${title}</h1>
<p>${running.wait}</p>
${stepList(withCurrent(job.steps), language)}
${cancelForm(job, language)}`;
  return {
    title,
    body,
    refreshSeconds: REFRESH_SECONDS,
    live: liveOf(job, isChecking ? "checking" : "running", 2),
  };
}

const MARKS: { readonly [status in Step["status"]]?: string } = { success: "✓", failed: "✕", skipped: "–" };

/** Until the aggregator has shown its job, no step is in progress. */
function withCurrent(steps: readonly Step[]): Step[] {
  const current = currentStep(steps);
  return steps.map((step) => (step === current ? { ...step, status: "in-progress" } : step));
}

function stepList(steps: readonly Step[], { words }: Language): Html {
  return html`<ol class="steps">
${steps.map(({ title, status }) => {
  const isCurrent = status === "in-progress";
  return html`<li class="${status}"${isCurrent && html` aria-current="step"`}><span class="mark" aria-hidden="true">${MARKS[status]}</span>
<span class="what">${stepWords(words, title) ?? atStart(title.replaceAll("-", " "))}</span> <span class="state">${words.stepStates[status]}</span></li>
`;
})}</ol>`;
}

function cancelForm({ id }: Job, { words }: Language): Html {
  return html`<form method="post" action="${pathOfJob(id)}/cancel"><button class="quiet" data-busy="${words.cancelling}">${words.cancel}</button></form>`;
}

function questionPage(view: JobView, challenge: Challenge & { expiresAt: string }, language: Language): Page {
  const { job, unanswered = [] } = view;
  const { words, tag } = language;
  const { input, number, description, expiresAt } = challenge;
  const isApproved = isApproval(challenge);
  const title = withBank(view, language, questionTitle(challenge, language));
  const isWrong = unanswered.length > 0;
  const leftMs = Math.max(0, view.msUntil(new Date(expiresAt)));
  const time = html`<span class="left" data-left="${Math.round(leftMs) / 1000}">${exactly(leftMs, tag)}</span>`;
  const body = html`<h1>${title}</h1>
${isWrong && answerSummary(input, unanswered, language)}
${number > 1 && html`<p><strong>${words.question.again}</strong></p>`}
${saysMore(challenge) && html`<p class="bank-words">${description}</p>`}
${isApproved && html`<p class="bank-words">${input[0] ?? ""}</p>`}
<p>${filled(words.question.left, { time })}</p>
${isApproved ? approvalForm(job, challenge, isWrong, language) : answerForm(view, challenge, language)}
${cancelForm(job, language)}`;
  return {
    title: isWrong ? fill(words.errorTitle, { title }) : title,
    body,
    live: liveOf(job, `question-${number}`, 5),
  };
}

function questionTitle(challenge: Challenge, { tag, words: { question } }: Language): string {
  if (isApproval(challenge)) return question.approve;
  return challenge.method === "token" ? question.code : counted(tag, question.asks, challenge.input.length);
}

/** Some banks send the name of the method in place of a description, or the question itself. */
function saysMore({ description, method, input }: Challenge): boolean {
  return description !== "" && description !== method && !input.includes(description);
}

function answerSummary(input: readonly string[], unanswered: readonly number[], { words }: Language): Html {
  const missing = (place: number) => fill(words.question.missingOf, { question: input[place] ?? "" });
  return html`<div class="problem" role="alert" tabindex="-1" autofocus>
<h2>${words.problem}</h2>
<ul>${unanswered.map((place) => html`<li><a href="#answer-${place}">${missing(place)}</a></li>`)}</ul>
</div>`;
}

function answerForm({ job, unanswered = [] }: JobView, challenge: Challenge, language: Language): Html {
  const { send, sending } = language.words.question;
  return html`<form method="post" action="${pathOfJob(job.id)}/mfa">
<input type="hidden" name="challenge" value="${challenge.number}">
${challenge.input.map((label, place) => answerField(challenge, label, place, unanswered.includes(place), language))}
<button data-busy="${sending}">${send}</button>
</form>`;
}

function answerField(
  { method, input }: Challenge,
  label: string,
  place: number,
  isWrong: boolean,
  { words }: Language,
): Html {
  const isCode = method === "token" && input.length === 1;
  const kind = isCode ? html`autocomplete="one-time-code" inputmode="numeric"` : html`autocomplete="off"`;
  return html`<div class="field">
<label for="answer-${place}">${label}</label>
${isWrong && html`<p class="wrong" id="answer-${place}-wrong">${words.question.missing}</p>`}
<input id="answer-${place}" name="answer" type="text" ${kind} autocapitalize="none" spellcheck="false" required${isWrong && html` aria-invalid="true" aria-describedby="answer-${place}-wrong"`}>
</div>
`;
}

/** No field says that the bank wants an approval, so that a code can be given too. */
function approvalForm(job: Job, challenge: Challenge, isOpen: boolean, language: Language): Html {
  const { wait, question } = language.words;
  return html`<form method="post" action="${pathOfJob(job.id)}/mfa">
<input type="hidden" name="challenge" value="${challenge.number}">
<input type="hidden" name="answer" value="${APPROVED}">
<button data-busy="${wait}">${question.approved}</button>
</form>
<details${isOpen && html` open`}><summary>${question.codeInstead}</summary>
<form method="post" action="${pathOfJob(job.id)}/mfa">
<input type="hidden" name="challenge" value="${challenge.number}">
${answerField(challenge, question.codeLabel, 0, isOpen, language)}
<button class="quiet" data-busy="${question.sendingCode}">${question.sendCode}</button>
</form>
</details>`;
}

function queuePage(
  view: JobView,
  queue: NonNullable<ReturnType<typeof shownQueue>>,
  language: Language,
): Page {
  const { job } = view;
  const { words, tag } = language;
  const { title: named, why, resume } = words.queue[queue.reason];
  const title = withBank(view, language, named);
  const left = roughly(view.msUntil(new Date(queue.expiresAt)), tag);
  const time = roughly(view.msUntil(new Date(queue.nextAttemptAt)), tag);
  const health =
    view.bankState && healthWords(language, view.bankState, { heldAt: job.updatedAt, msUntil: view.msUntil });
  const isUpToUser = queue.reason === "ready-for-user";
  const body = html`<h1>${title}</h1>
<p>${withBank(view, language, why, { left })}</p>
${health !== undefined && html`<p>${health}</p>`}
${!isUpToUser && html`<p>${fill(words.queue.next, { time })}</p>`}
${queue.reason !== "institution-unavailable" && html`<p>${fill(words.queue.until, { left })}</p>`}
<form method="post" action="${pathOfJob(job.id)}/resume"><button data-busy="${words.wait}">${resume}</button></form>
${goBack(view.back("queued"), words.back)}
${cancelForm(job, language)}`;
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

function succeededPage(view: JobView, language: Language): Page {
  const { job } = view;
  const { words } = language;
  const title = withBank(view, language, words.succeeded[kindOf(job)]);
  const body = html`<h1>${title}</h1>
${stepList(job.steps, language)}
${goBack(view.back("succeeded"), words.back, true) || html`<p>${words.succeeded.close}</p>`}`;
  return { title, body };
}

function failedPage(view: JobView, language: Language): Page {
  const { job, blockedMs } = view;
  const { words, tag } = language;
  const outcome = outcomeOf(job);
  const { title: named, next } =
    words.failed[wasLeft(job) ? "left" : outcome === "succeeded" ? "other" : outcome];
  const title = withBank(view, language, named);
  const failed = job.steps.find(({ status }) => status === "failed");
  const blocked = blockedMs > 0 && fill(words.end.blocked, { time: roughly(blockedMs, tag) });
  const begun = job.steps.filter(({ status }) => status !== "pending");
  const loginForm = blockedMs > 0 ? undefined : view.loginForm;
  const back = view.back(outcome === "cancelled" ? "cancelled" : "failed");
  const codes = html`<code>${job.id}</code>`;
  const body = html`<h1>${title}</h1>
${bankWords(failed, language)}
${blocked === false ? html`<p>${next}</p>` : html`<p><strong>${blocked}</strong> ${words.end.lock}</p>`}
${job.steps.some(({ status }) => status === "success") && stepList(begun, language)}
${loginForm !== undefined && html`<p><a class="button" href="${loginForm}">${words.end.again}</a></p>`}
${goBack(back, words.back, loginForm === undefined) || html`<p>${words.end.close}</p>`}
<p class="small">${filled(words.support.codes, { codes })}</p>`;
  return { title, body, needsSupport: true };
}

/** Returns what the bank said, in its words. Ours are said in the words of people already. */
function bankWords(step: Step | undefined, { words }: Language): Html | false {
  const error = errorOf(step);
  if (error === undefined || isOurFailure(error)) return false;
  const { title, detail } = error;
  return html`<p>${words.end.bankSays}</p>
<blockquote class="bank-words"><p>${title}</p>${detail !== title && html`<p>${detail}</p>`}</blockquote>`;
}

function errorOf(step: Step | undefined): StepError | undefined {
  return step?.result != null && "code" in step.result ? step.result : undefined;
}
