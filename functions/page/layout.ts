import { Html, html } from "./html.ts";
import { SCRIPT } from "./inline.ts";
import { STYLE } from "./style.ts";

/** A page, without what all pages share. */
export interface Page {
  title: string;
  /** The content of `main`. Begins with the only `h1`. */
  body: Html;
  /** Seconds after which a browser without script loads the page again. */
  refreshSeconds?: number;
  /** For a page that changes with its job. */
  live?: Live;
  /** Whether the script makes the page better. */
  usesScript?: true;
}

export interface Live {
  /** Distinguishes screens: a change of the screen moves the focus to its heading. */
  screen: string;
  /** The path that says whether the job has changed since. */
  changes: string;
  /** A script asks again after this time, in seconds. */
  pauseSeconds: number;
}

/** Returns the whole page. */
export function layout({ title, body, refreshSeconds, live, usesScript }: Page): string {
  const refresh =
    refreshSeconds !== undefined &&
    html`<noscript><meta http-equiv="refresh" content="${refreshSeconds}"></noscript>`;
  const script =
    usesScript &&
    html`<p id="said" class="hidden" role="status"></p>
<script>${Html.trusted(SCRIPT)}</script>`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<link rel="icon" href="data:,">
${refresh}
<style>${Html.trusted(STYLE)}</style>
</head>
<body>
<main${live !== undefined && html` data-screen="${live.screen}" data-changes="${live.changes}" data-pause="${live.pauseSeconds}"`}>
${body}
</main>
${script}
</body>
</html>
`.toString();
}
