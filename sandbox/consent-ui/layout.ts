import { createHash } from "node:crypto";
import type { Reply } from "../reply.ts";
import { Html, html } from "./html.ts";

/** What one page shows, below the title that all pages share. */
export type Screen = {
  readonly title: string;
  readonly body: Html;
  /** Default: 200. */
  readonly status?: number;
  /** Whether the browser loads the page again in a second. */
  readonly refreshes?: boolean;
};

const style = `:root{color-scheme:light dark}
body{font:1rem/1.5 system-ui,sans-serif;margin:0 auto;max-width:32rem;padding:1rem}
.sandbox{border:2px dashed;padding:.5rem 1rem}
button,.button{display:block;box-sizing:border-box;width:100%;font:inherit;padding:.75rem;margin:1rem 0;text-align:center}
label{display:block;margin-top:1rem}
input{box-sizing:border-box;width:100%;font:inherit;padding:.5rem}
dt{font-weight:bold}`;

const styleHash = `sha256-${createHash("sha256").update(style).digest("base64")}`;

/** Pages run no script, load nothing, and are in no frame. Their address has a token, so that no other page learns it. */
const headers = {
  "content-type": "text/html; charset=utf-8",
  "cache-control": "no-store",
  "content-security-policy": `default-src 'none'; style-src '${styleHash}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`,
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};

export function pageReply({ title, body, status = 200, refreshes = false }: Screen): Reply {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
${refreshes && html`<meta http-equiv="refresh" content="1">`}
<title>${title} (sandbox)</title>
<style>${Html.trusted(style)}</style>
</head>
<body>
<p class="sandbox"><strong>Sandbox.</strong> This is not a bank. Never type a real login here.</p>
<main>
<h1>${title}</h1>
${body}
</main>
</body>
</html>
`;
  return { status, headers, body: page.toString() };
}

/** Sends the browser to another address of the page, so that a reload repeats nothing. */
export function redirect(location: string): Reply {
  return { status: 303, headers: { ...headers, location }, body: "" };
}
