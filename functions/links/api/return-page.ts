import type { Job } from "../../jobs/domain/job.ts";
import { type Html, html } from "../../page/html.ts";
import type { Words } from "../../page/language.ts";
import type { PageReply } from "../../page/page-handler.ts";
import { fill } from "../../page/words.ts";
import { isOfBrowser } from "../domain/return-urls.ts";
import { returnAddress } from "../domain/session.ts";
import type { Returned } from "../use-cases/return-from-consent-ui.ts";

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
  return {
    status: 200,
    page: ({ words }) => {
      const { title, happened } = words.returned[outcome];
      const back =
        address !== undefined && html`<p><a class="button" href="${address}">${words.returned.back}</a></p>`;
      const body = html`<h1>${title}</h1>
<p>${happened}</p>
${back || listOf(jobs, pageOf, words)}`;
      return { title, body };
    },
  };
}

function asksUser({ phase }: Job): boolean {
  return phase === "challenged" || phase === "awaiting-answer";
}

function listOf(jobs: readonly Job[], pageOf: (job: Job) => string, words: Words): Html {
  const nameOf = (index: number) => fill(words.returned.bank, { number: String(index + 1) });
  const items = jobs.map(
    (job, index) => html`<li><a href="${pageOf(job)}">${nameOf(index)}</a>: ${stateOf(job, words)}</li>`,
  );
  return jobs.length === 0 ? html`<p>${words.closePage}</p>` : html`<ul>${items}</ul>`;
}

function stateOf({ phase }: Job, { returned: { states } }: Words): string {
  if (phase === "succeeded" || phase === "failed" || phase === "queued") return states[phase];
  return states["in-progress"];
}
