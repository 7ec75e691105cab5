import { supportAddress } from "./brand.ts";
import { Html, html } from "./html.ts";
import { SCRIPT } from "./inline.ts";
import type { Language } from "./language.ts";
import type { Site } from "./site.ts";
import { filled } from "./words.ts";

/** A page that is to be said in a language. */
export type Screen = (language: Language) => Page;

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
  /** Whether the person may need help: the page then ends with the support, if the deployment names one. */
  needsSupport?: true;
}

export interface Live {
  /** Distinguishes screens: a change of the screen moves the focus to its heading. */
  screen: string;
  /** The path that says whether the job has changed since. */
  changes: string;
  /** A script asks again after this time, in seconds. */
  pauseSeconds: number;
}

/** Returns the whole page of a screen. */
export function layout(screen: Screen, site: Site, language: Language): string {
  const { title, body, refreshSeconds, live, usesScript, needsSupport } = screen(language);
  const refresh =
    refreshSeconds !== undefined &&
    html`<noscript><meta http-equiv="refresh" content="${refreshSeconds}"></noscript>`;
  const script =
    usesScript &&
    html`<p id="said" class="hidden" role="status"></p>
<script>${Html.trusted(SCRIPT)}</script>`;
  return html`<!doctype html>
<html lang="${language.tag}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<link rel="icon" href="data:,">
${refresh}
<style>${Html.trusted(site.style)}</style>
</head>
<body>
${logo(site)}
<main${live !== undefined && html` data-screen="${live.screen}" data-changes="${live.changes}" data-pause="${live.pauseSeconds}"`}>
${body}
${needsSupport && support(site, language)}
</main>
${footer(site, language)}
${script}
</body>
</html>
`.toString();
}

/** The image is part of the page. In an `img`, a browser runs no script of an SVG, and loads nothing for it. */
function logo({ brand, appName = "" }: Site): Html | false {
  return (
    brand.logo !== undefined && html`<header class="logo"><img src="${brand.logo}" alt="${appName}"></header>`
  );
}

function support({ brand }: Site, { words }: Language): Html | false {
  if (brand.support === undefined) return false;
  const contact = html`<a href="${supportAddress(brand.support)}">${brand.support}</a>`;
  return html`<p class="small">${filled(words.support.contact, { contact })}</p>`;
}

/** A person who reads these pages keeps what is typed into ours. */
function footer({ brand }: Site, { words }: Language): Html | false {
  const links = [
    [brand.privacyUrl, words.footer.privacy],
    [brand.termsUrl, words.footer.terms],
  ] as const;
  const shown = links.map(
    ([url, text]) =>
      url !== undefined && html`<a href="${url}" target="_blank" rel="noopener noreferrer">${text}</a>\n`,
  );
  return shown.some((link) => link !== false) && html`<footer>${shown}</footer>`;
}
