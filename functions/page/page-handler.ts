import { apiHandler, type Reply } from "../http/api-handler.ts";
import { wordingOf } from "../http/errors.ts";
import { type ApiResult, type HttpRequest, headerOf } from "../http/request.ts";
import { type Problem, Refusal } from "../jobs/domain/refusal.ts";
import type { RouteName } from "../routes.ts";
import { html } from "./html.ts";
import { SCRIPT, sourceOf } from "./inline.ts";
import type { Language } from "./language.ts";
import { layout, type Screen } from "./layout.ts";
import { languageFor, type Site } from "./site.ts";
import { roughly } from "./time-words.ts";
import { fill, filled, refusalWords } from "./words.ts";

export interface PageReply {
  status: number;
  page?: Screen;
  /** Where the browser goes next, with the status 303. */
  location?: string;
  cookies?: string[];
  /** The origin, beside ours, to which a form of this page may lead: Chromium also checks the redirect after a form. */
  formLeadsTo?: string | undefined;
  /** Hides the address of this page from the next one. Only for replies after which no form is sent. */
  hidesAddress?: boolean;
}

/**
 * Wraps every function that serves pages, as {@link apiHandler} does for programs: a refusal is a page for people. Each page is in
 * the language of its person. Refuses forms of other origins. No page is cached or framed, runs a script of others, or tells others its
 * address.
 */
export function pageHandler(
  route: RouteName,
  answer: (request: HttpRequest) => Promise<PageReply>,
  site: () => Site,
): (event: unknown) => Promise<ApiResult> {
  return (event) => {
    const language = languageFor(site(), headerOf(event, "accept-language"));
    const handler = apiHandler(
      route,
      async (request) => {
        requireOwnOrigin(request, site().origin);
        return sent(await answer(request), site(), language);
      },
      { renderRefusal: (...refused) => sent(refusalPage(...refused), site(), language) },
    );
    return handler(event);
  };
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

function sent(reply: PageReply, site: Site, language: Language): Reply {
  const { status, page, location, cookies, formLeadsTo, hidesAddress = false } = reply;
  return {
    status,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": policy(site, formLeadsTo),
      "referrer-policy": hidesAddress ? "no-referrer" : "same-origin",
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      ...(page !== undefined && { "content-language": language.tag, vary: "accept-language" }),
      ...(location !== undefined && { location }),
    },
    raw: { body: page === undefined ? "" : layout(page, site, language) },
    ...(cookies !== undefined && { cookies }),
  };
}

const SCRIPT_SOURCE = sourceOf(SCRIPT);

function policy({ styleSource }: Site, formLeadsTo: string | undefined): string {
  return [
    "default-src 'none'",
    `style-src ${styleSource}`,
    `script-src ${SCRIPT_SOURCE}`,
    "connect-src 'self'",
    // For the logo, and for the empty icon: without one, browsers ask for a file.
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
  const waitSeconds = first === "internal" ? undefined : first.retryAfterSeconds;
  return {
    status: first === "internal" ? status : (first.status ?? status),
    page: (language) => {
      const { words, tag } = language;
      const { title, happened, next } = refusalWords(language, reason);
      const waited =
        waitSeconds !== undefined &&
        fill(words.refusals.tryAgainIn, { time: roughly(waitSeconds * 1000, tag) });
      const codes = html`<code>${code}</code>, <code>${correlationId}</code>`;
      const body = html`<h1>${title}</h1>
<p>${happened}</p>
<p>${waited || next}</p>
<p class="small">${filled(words.support.codes, { codes })}</p>`;
      return { title, body, needsSupport: true };
    },
  };
}
