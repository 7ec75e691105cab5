import type { Situation } from "../call.ts";
import { challenges } from "../challenges.ts";
import { institutionById } from "../institutions.ts";
import { timelineOf } from "../job-timeline.ts";
import type { Job } from "../state.ts";
import type { StepError } from "../step-errors.ts";
import { type Html, html } from "./html.ts";
import type { Screen } from "./layout.ts";
import { alert, form, wayBack } from "./screens.ts";
import { addressOf, type Visit } from "./visit.ts";

type Progress =
  | { readonly kind: "working" | "asks" | "connected" }
  | { readonly kind: "failed" | "queued"; readonly error: StepError };

/** Shows the job of a visit until the bank has taken the login. Then the data follows, and nobody has to wait for it. */
export function jobScreen(situation: Situation, visit: Visit, wrong?: string): Screen {
  const job = situation.state.jobs.get(visit.jobId ?? "");
  if (job === undefined) return { title: "Your bank", body: html``, status: 404 };
  const name = institutionById(job.institutionId)?.name ?? "";
  const progress = progressOf(job, situation.now);
  const finish = wayBack(situation, visit, "Finish");
  const { jobId: _, ...rest } = visit;
  const before = { ...rest, jobId: undefined };
  switch (progress.kind) {
    case "working":
      return {
        title: `Connecting ${name}`,
        body: html`<p role="status">Your bank is working.</p>
<p><a href="${addressOf(visit)}">Look again</a></p>
${wayBack(situation, visit, "Do not wait")}`,
        refreshes: true,
      };
    case "asks":
      return {
        title: `${name} asks`,
        body: html`${alert(wrong)}
${questions(job, visit)}
${wayBack(situation, visit, "Cancel")}`,
        ...(wrong !== undefined && { status: 400 }),
      };
    case "connected": {
      const more = {
        ...before,
        action: "connect",
        institutionId: undefined,
        connectionId: undefined,
      } as const;
      return {
        title: `${name} is connected`,
        body: html`<p>Your data follows.</p>
${finish}
<p><a href="${addressOf(more)}">Connect another bank</a></p>`,
      };
    }
    case "queued":
      return {
        title: `${name} is down`,
        body: html`${alert(progress.error.detail)}
${finish}`,
      };
    case "failed":
      return {
        title: `${name} is not connected`,
        body: html`${alert(progress.error.detail)}
<p><a href="${addressOf(before)}">Try again</a></p>
${finish}`,
      };
  }
}

function progressOf(job: Job, now: number): Progress {
  const { verify, mfa } = timelineOf(job, now);
  for (const step of [verify, mfa]) {
    if (step !== undefined && "error" in step) {
      return { kind: step.status === "failed" ? "failed" : "queued", error: step.error };
    }
  }
  if (mfa !== undefined && "asks" in mfa) return { kind: "asks" };
  const isDone = [verify, mfa].every(
    (step) => step === undefined || step.status === "success" || step.status === "skipped",
  );
  return { kind: isDone ? "connected" : "working" };
}

function questions(job: Job, visit: Visit): Html | undefined {
  if (job.mfa.kind !== "asked") return undefined;
  const { description, input } = challenges[job.mfa.challenge];
  const content =
    job.mfa.challenge === "app-approval"
      ? html`<input type="hidden" name="answer" value="confirmed"><button>I have approved it</button>`
      : html`${input.map(question)}<button>Continue</button>`;
  return html`<p>${description}</p>
${form(visit, "answer", content)}`;
}

function question(text: string, index: number): Html {
  return html`<label for="answer${index}">${text}</label>
<input id="answer${index}" name="answer" autocomplete="one-time-code" required>\n`;
}
