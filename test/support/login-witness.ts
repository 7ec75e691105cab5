import type { FakePorts } from "./fake-ports.ts";

const POSTS = ["openConnection", "updateConnection", "refreshConnection"] as const;

/** Notes of every login that upstream took for which job and which attempt it was, such as `5e0c4c1e… 1`. */
export function loginWitness({ upstream, jobs }: FakePorts): string[] {
  const logins: string[] = [];

  function witnessed<Args extends unknown[], Reply>(
    name: (typeof POSTS)[number],
    post: (...args: Args) => Promise<Reply>,
  ) {
    return async (...args: Args): Promise<Reply> => {
      const opening = [...jobs.rows.values()].filter(({ phase }) => phase === "opening");
      const before = upstream.done(name).length;
      try {
        return await post(...args);
      } finally {
        if (upstream.done(name).length > before) {
          logins.push(opening.map(({ id, attempt }) => `${id} ${attempt}`).join());
        }
      }
    };
  }

  upstream.openConnection = witnessed("openConnection", upstream.openConnection);
  upstream.updateConnection = witnessed("updateConnection", upstream.updateConnection);
  upstream.refreshConnection = witnessed("refreshConnection", upstream.refreshConnection);
  return logins;
}
