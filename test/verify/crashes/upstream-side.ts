import * as z from "zod";

const ledger = z.object({
  calls: z.array(z.object({ method: z.string(), path: z.string(), userId: z.nullable(z.string()) })),
});

/** The sandbox's own side: what it was called for, and what makes it misbehave. */
export function upstreamSide(sandboxUrl: string) {
  async function control(path: string, body: unknown): Promise<void> {
    const headers = { "content-type": "application/json" };
    const init = { method: "PUT", headers, body: JSON.stringify(body) };
    const { ok } = await fetch(`${sandboxUrl}/_control/${path}`, init);
    if (!ok) throw new Error(`The sandbox does not take ${path}.`);
  }

  async function calls() {
    return ledger.parse(await (await fetch(`${sandboxUrl}/_control/ledger`)).json()).calls;
  }

  return {
    /** In the order in which they came. */
    calls,
    institution: (id: string, condition: object) => control(`institutions/${id}`, condition),
    faults: (list: readonly object[]) => control("faults", list),
    /** The paths that were posted to, by user. */
    async posted(): Promise<Map<string, string[]>> {
      const byUser = new Map<string, string[]>();
      for (const { method, path, userId } of await calls()) {
        if (method !== "POST" || userId === null) continue;
        byUser.set(userId, [...(byUser.get(userId) ?? []), path]);
      }
      return byUser;
    },
  };
}

export type UpstreamSide = ReturnType<typeof upstreamSide>;
