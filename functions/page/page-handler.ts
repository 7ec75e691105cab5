import { apiHandler, type Reply } from "../http/api-handler.ts";
import { wordingOf } from "../http/errors.ts";
import type { ApiResult, HttpRequest } from "../http/request.ts";
import { type Problem, Refusal } from "../jobs/domain/refusal.ts";
import type { RouteName } from "../routes.ts";
import { html } from "./html.ts";
import { SCRIPT_SOURCE, STYLE_SOURCE } from "./inline.ts";
import { layout, type Page } from "./layout.ts";
import { roughly } from "./time-words.ts";
import { personWords } from "./words.ts";

export interface PageReply {
  status: number;
  page?: Page;
  /** Where the browser goes next, with the status 303. */
  location?: string;
  cookies?: string[];
  /** The origin, beside ours, to which a form of this page may lead: Chromium also checks the redirect after a form. */
  formLeadsTo?: string | undefined;
  /** Hides the address of this page from the next one. Only for replies after which no form is sent. */
  hidesAddress?: boolean;
}

export interface PageOptions {
  /** The origin of our API, such as `https://api.example.com`. */
  origin(): string;
}

/**
 * Wraps every function that serves pages, as {@link apiHandler} does for programs: a refusal is a page for people. Refuses
 * forms of other origins. No page is cached or framed, runs a script of others, or tells others its address.
 */
export function pageHandler(
  route: RouteName,
  answer: (request: HttpRequest) => Promise<PageReply>,
  { origin }: PageOptions,
): (event: unknown) => Promise<ApiResult> {
  return apiHandler(
    route,
    async (request) => {
      requireOwnOrigin(request, origin());
      return sent(await answer(request));
    },
    { renderRefusal: (correlationId, problems) => sent(refusalPage(correlationId, problems)) },
  );
}

/**
 * A browser sends the header `Origin` with every form. Only under `Referrer-Policy: no-referrer` it is `null`. With a page that it opens,
 * it sends none. A script of another origin sends its own: the gateway may let it read what we reply.
 */
function requireOwnOrigin(request: HttpRequest, origin: string): void {
  const sent = request.header("origin");
  const isOwn = sent === origin || (sent === undefined && request.method !== "POST");
  if (!isOwn) throw new Refusal("origin-not-ours");
}

function sent({ status, page, location, cookies, formLeadsTo, hidesAddress = false }: PageReply): Reply {
  return {
    status,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": policy(formLeadsTo),
      "referrer-policy": hidesAddress ? "no-referrer" : "same-origin",
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      ...(location !== undefined && { location }),
    },
    raw: { body: page === undefined ? "" : layout(page) },
    ...(cookies !== undefined && { cookies }),
  };
}

function policy(formLeadsTo: string | undefined): string {
  return [
    "default-src 'none'",
    `style-src ${STYLE_SOURCE}`,
    `script-src ${SCRIPT_SOURCE}`,
    "connect-src 'self'",
    // For the empty icon: without one, browsers ask for a file.
    "img-src data:",
    `form-action 'self'${formLeadsTo === undefined ? "" : ` ${formLeadsTo}`}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "require-trusted-types-for 'script'",
  ].join("; ");
}

/** A page that says what happened and what to do, with the code and the number that support asks for. */
function refusalPage(
  correlationId: string,
  [first]: readonly [Problem | "internal", ...Problem[]],
): PageReply {
  const reason = first === "internal" ? first : first.reason;
  const { status, code } = wordingOf(reason);
  const { title, happened, next } = personWords(reason);
  const waitSeconds = first === "internal" ? undefined : first.retryAfterSeconds;
  const body = html`<h1>${title}</h1>
<p>${happened}</p>
<p>${waitSeconds === undefined ? next : `You can try again in ${roughly(waitSeconds * 1000)}.`}</p>
<p class="small">For support: <code>${code}</code>, <code>${correlationId}</code></p>`;
  return { status: first === "internal" ? status : (first.status ?? status), page: { title, body } };
}
