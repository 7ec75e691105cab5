import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { listenLocally } from "../../../infra/local/local-server.ts";
import type { Wrong } from "./wrong-reply.ts";

/** What a user's upstream answers wrongly, each time that it is asked. */
export const STAGES = ["login", "look", "answer", "list"] as const;
export type Stage = (typeof STAGES)[number];

export interface Plan {
  stage: Stage;
  wrong: Wrong;
}

/** To these nothing was done, so that it may be sent again. */
const DID_NOTHING = /^a (401|403|429) /;

const link = (user: string, what: string) => ({ type: "link", url: `/users/${user}/${what}` });
const challenge = { type: "mfa", method: "token", description: "A code", input: ["Code"], expiryMs: 900_000 };

/**
 * An upstream that asks every user for a code, and of which each user has one of its own: it does all that it is asked for,
 * and says something else.
 */
export async function hostileUpstream(plans: ReadonlyMap<string, Plan>, mark: string) {
  const received = new Map<string, { logins: number; answers: number; looks: number }>();
  const of = (user: string) => {
    const counts = received.get(user) ?? { logins: 0, answers: 0, looks: 0 };
    received.set(user, counts);
    return counts;
  };

  function jobOf(user: string): object {
    const isAnswered = of(user).answers > 0;
    return {
      type: "job",
      id: user,
      updated: isAnswered ? "2026-01-05T09:00:02Z" : "2026-01-05T09:00:01Z",
      institution: { id: "AU00002" },
      steps: [
        { title: "verify-credentials", status: "success", result: link(user, "connections/c") },
        isAnswered
          ? { title: "mfa-challenge", status: "success", result: link(user, "connections/c") }
          : { title: "mfa-challenge", status: "in-progress", result: challenge },
        { title: "retrieve-accounts", status: isAnswered ? "success" : "pending", result: null },
        { title: "retrieve-transactions", status: isAnswered ? "success" : "pending", result: null },
      ],
    };
  }

  /** Who is meant, what for, and what is said when all is well. */
  function asked(line: string): { user: string; stage: Stage; good: object } | undefined {
    const [, post = ""] = /^POST \/users\/([\w-]+)\/connections$/.exec(line) ?? [];
    if (post !== "") return { user: post, stage: "login", good: { type: "job", id: post } };
    const [, list = ""] = /^GET \/users\/([\w-]+)\/jobs/.exec(line) ?? [];
    if (list !== "")
      return {
        user: list,
        stage: "list",
        good: { type: "list", data: of(list).logins > 0 ? [jobOf(list)] : [] },
      };
    const [, look = ""] = /^GET \/jobs\/([\w-]+)$/.exec(line) ?? [];
    if (look !== "") return { user: look, stage: "look", good: jobOf(look) };
    const [, answer = ""] = /^POST \/jobs\/([\w-]+)\/mfa$/.exec(line) ?? [];
    return answer === "" ? undefined : { user: answer, stage: "answer", good: { type: "job", id: answer } };
  }

  function count(user: string, stage: Stage): void {
    if (stage === "login") of(user).logins += 1;
    if (stage === "answer") of(user).answers += 1;
    if (stage === "look" || stage === "list") of(user).looks += 1;
  }

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const line = `${request.method} ${request.url}`;
    if (line === "POST /token") {
      response.end(JSON.stringify({ access_token: "token", expires_in: 3600 }));
      return;
    }
    if (line.startsWith("GET /institutions/")) {
      response.end(JSON.stringify({ id: "AU00002", authorization: "user-mfa", status: "operational" }));
      return;
    }
    const found = asked(line);
    if (found === undefined) return void response.writeHead(404).end("{}");
    const { user, stage, good } = found;
    const plan = plans.get(user);
    const wrong = plan?.stage === stage ? plan.wrong : undefined;
    if (wrong === undefined || !DID_NOTHING.test(wrong.name)) count(user, stage);
    // Whether a login arrived is asked for only when its own reply was lost.
    if (plan?.stage === "list" && stage === "login") response.socket?.resetAndDestroy();
    else if (wrong === undefined) response.end(JSON.stringify(good));
    else wrong.play(response, good, mark);
  }

  const server = createServer((request, response) => {
    text(request).then(
      () => answer(request, response),
      () => response.destroy(),
    );
  });
  return { ...(await listenLocally(server)), receivedOf: of };
}
