import type { Job } from "../../jobs/domain/job.ts";
import { type Html, html } from "../../page/html.ts";
import type { PageReply } from "../../page/page-handler.ts";
import { isOfBrowser } from "../domain/return-urls.ts";
import { type Outcome, returnAddress } from "../domain/session.ts";
import type { Returned } from "../use-cases/return-from-consent-ui.ts";

/** What the person did, in words. */
const WORDS: { readonly [outcome in Outcome]: { title: string; happened: string } } = {
  succeeded: { title: "Your bank is connected", happened: "Everything went well." },
  "in-progress": {
    title: "Your bank is being connected",
    happened: "This goes on by itself, and takes a moment.",
  },
  queued: {
    title: "Your bank is down",
    happened: "We keep trying for 7 days. You may close this page.",
  },
  failed: {
    title: "Your bank could not be connected",
    happened: "The app can tell you more, and you can try again there.",
  },
  cancelled: {
    title: "You did not connect a bank",
    happened: "Nothing has changed. You can try again from the app.",
  },
};

/**
 * Sends a person on after the Consent UI: to our page if a bank asks a question, otherwise back to the application, or to our page
 * if the link has no address. A browser goes to a web address by itself, but opens an app only when the person follows a link.
 */
export function afterConsentUi({ session, jobs, outcome }: Returned, apiUrl: string): PageReply {
  const pageOf = ({ id }: Pick<Job, "id">) => `${apiUrl}/connect/jobs/${id}`;
  const asking = jobs.find(asksUser);
  if (asking !== undefined) return { status: 303, location: pageOf(asking) };
  const address = returnAddress(session, jobs, outcome);
  if (address !== undefined && isOfBrowser(address)) return { status: 303, location: address };
  const [only, ...more] = jobs;
  if (address === undefined && only !== undefined && more.length === 0) {
    return { status: 303, location: pageOf(only) };
  }
  const { title, happened } = WORDS[outcome];
  const body = html`<h1>${title}</h1>
<p>${happened}</p>
${address === undefined ? listOf(jobs, pageOf) : html`<p><a class="button" href="${address}">Back to the app</a></p>`}`;
  return { status: 200, page: { title, body } };
}

function asksUser({ phase }: Job): boolean {
  return phase === "challenged" || phase === "awaiting-answer";
}

function listOf(jobs: readonly Job[], pageOf: (job: Job) => string): Html {
  const items = jobs.map(
    (job, index) => html`<li><a href="${pageOf(job)}">Bank ${index + 1}</a>: ${stateOf(job)}</li>`,
  );
  return jobs.length === 0 ? html`<p>You can close this page.</p>` : html`<ul>${items}</ul>`;
}

function stateOf({ phase }: Job): string {
  if (phase === "succeeded") return "connected";
  if (phase === "failed") return "not connected";
  return phase === "queued" ? "the bank is down, and we keep trying" : "in progress";
}
