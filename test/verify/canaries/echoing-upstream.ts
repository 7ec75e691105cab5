import * as z from "zod";
import { ECHOES, type Echo, said } from "./echoes.ts";
import type { Meet, UpstreamReply } from "./exchanging-upstream.ts";
import { askingAgain, type JOB_ECHOES, jobEcho, jsonOf, openForLonger, unended } from "./shown-jobs.ts";

/** Upstream with those users for whom it does something of its own. */
export function echoingUpstream() {
  const posts = new Map<string, Echo>();
  const answers = new Map<string, Echo>();
  const looks = new Map<string, (typeof JOB_ECHOES)[number]>();
  const jobs = new Map<string, { userId: string; words: string; answers: number }>();
  const asksTwice = new Set<string>();
  const neverEnds = new Set<string>();

  const meet: Meet = async (call, perform) => {
    const [, userId = ""] = /^\/users\/([^/]+)\/connections/.exec(call.path) ?? [];
    if (call.method === "POST" && userId !== "") {
      const echo = posts.get(userId);
      const reply = await (echo === undefined ? perform() : echo(call, perform));
      noteJob(reply, userId, said(call));
      return reply;
    }
    const [, jobId = "", isAnswer] = /^\/jobs\/([^/]+)(\/mfa)?$/.exec(call.path) ?? [];
    const known = jobs.get(jobId);
    if (known === undefined) return perform();
    if (isAnswer !== undefined) {
      known.answers += 1;
      if (asksTwice.has(known.userId) && known.answers > 1) {
        return { status: 202, headers: {}, body: JSON.stringify({ type: "job", id: jobId }) };
      }
      const echo = answers.get(known.userId);
      return echo === undefined ? perform() : echo(call, perform);
    }
    const look = looks.get(known.userId);
    const reply = openForLonger(await perform());
    if (asksTwice.has(known.userId) && known.answers === 1) return askingAgain(reply);
    if (look !== undefined) return jobEcho(look, reply, known.words);
    return neverEnds.has(known.userId) ? unended(reply) : reply;
  };

  function noteJob(reply: UpstreamReply | undefined, userId: string, words: string): void {
    const parsed = z.object({ id: z.string() }).safeParse(jsonOf(reply?.body ?? ""));
    if (parsed.success) jobs.set(parsed.data.id, { userId, words, answers: 0 });
  }

  return {
    meet,
    /** What becomes of the logins of a user, of its answers, and of the looks at its jobs from one on. */
    onLogins: (userId: string, name: keyof typeof ECHOES) => posts.set(userId, ECHOES[name]),
    onAnswers: (userId: string, name: keyof typeof ECHOES) => answers.set(userId, ECHOES[name]),
    onLooks: (userId: string, kind: (typeof JOB_ECHOES)[number]) => looks.set(userId, kind),
    /** The first answer is followed by another challenge. */
    asksTwice: (userId: string) => void asksTwice.add(userId),
    neverEnds: (userId: string) => void neverEnds.add(userId),
  };
}
