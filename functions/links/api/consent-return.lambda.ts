import { adoptDeps, apiUrl, once, sessionDeps, site } from "../../compose.ts";
import { adoptReturned } from "../../jobs/use-cases/adopt-jobs.ts";
import { pageHandler } from "../../page/page-handler.ts";
import { sessionCookie } from "../domain/cookies.ts";
import { returnFromConsentUi } from "../use-cases/return-from-consent-ui.ts";
import { upstreamJobsIn } from "./requests.ts";
import { afterConsentUi } from "./return-page.ts";

const deps = once(() => ({
  ...sessionDeps(),
  jobs: adoptDeps().jobs,
  adopt: (userId: string, upstreamJobIds: readonly string[]) =>
    adoptReturned(adoptDeps(), { userId, upstreamJobIds }),
}));

export const handler = pageHandler(
  "consent-return",
  async (request) => {
    const returned = await returnFromConsentUi(deps(), {
      cookie: sessionCookie(request, apiUrl()),
      state: request.query("state"),
      upstreamJobIds: upstreamJobsIn(request.rawQuery),
    });
    return afterConsentUi(returned, apiUrl());
  },
  site,
);
