import { apiUrl, openLinkDeps, site } from "../../compose.ts";
import { byRoute } from "../../http/by-route.ts";
import { pageHandler } from "../../page/page-handler.ts";
import { browserCookie, newBrowser, setBrowserCookie, setSessionCookie } from "../domain/cookies.ts";
import { findOpenLink, pressLink } from "../use-cases/open-link.ts";
import { linkPage } from "./link-page.ts";
import { linkIdOfPath } from "./requests.ts";

/** The address of the Consent UI; undefined if our own page makes connections. */
function consentUi(): URL | undefined {
  const { connect, consentUiUrl } = openLinkDeps();
  return connect === "consent-ui" ? new URL(consentUiUrl) : undefined;
}

export const handler = byRoute({
  "open-link": pageHandler(
    "open-link",
    async (request) => {
      const known = browserCookie(request, apiUrl());
      const link = await findOpenLink(openLinkDeps(), linkIdOfPath(request), known);
      const browser = known ?? newBrowser(openLinkDeps());
      return {
        status: 200,
        page: linkPage(link, consentUi()?.host),
        cookies: [setBrowserCookie(browser, apiUrl())],
        formLeadsTo: consentUi()?.origin,
      };
    },
    site,
  ),

  "press-link": pageHandler(
    "press-link",
    async (request) => {
      const browser = browserCookie(request, apiUrl());
      const { key, consentUi } = await pressLink(openLinkDeps(), linkIdOfPath(request), browser);
      return {
        status: 303,
        location: consentUi?.reveal() ?? `${apiUrl()}/connect`,
        cookies: [setBrowserCookie(key.browser, apiUrl()), setSessionCookie(key, apiUrl())],
        hidesAddress: consentUi !== undefined,
      };
    },
    site,
  ),
});
