import { pageDeps, site } from "../compose.ts";
import { byRoute } from "../http/by-route.ts";
import type { HttpRequest } from "../http/request.ts";
import type { RouteName } from "../routes.ts";
import { type PageReply, pageHandler } from "./page-handler.ts";
import { cancel, resume, showJob, takeAnswer } from "./serve-job.ts";
import { showBanks, showLogin, takeLogin } from "./serve-login.ts";

type Serve = (deps: ReturnType<typeof pageDeps>, request: HttpRequest) => Promise<PageReply>;

function page(route: RouteName, serve: Serve) {
  return pageHandler(route, (request) => serve(pageDeps(), request), site);
}

export const handler = byRoute({
  "connect-banks": page("connect-banks", showBanks),
  "connect-login-form": page("connect-login-form", showLogin),
  "connect-login": page("connect-login", takeLogin),
  "connect-job": page("connect-job", showJob),
  "connect-answer": page("connect-answer", takeAnswer),
  "connect-cancel": page("connect-cancel", cancel),
  "connect-resume": page("connect-resume", resume),
});
