import type { UpstreamCall, UpstreamReply } from "./exchanging-upstream.ts";

/** What the bank's side has done wrong, by the call, such as `GET /jobs/*`. */
export function metTroubles() {
  const met = new Map<string, number>();

  function note({ method, path }: UpstreamCall): void {
    const name = `${method} ${pathOf(path)}`;
    met.set(name, (met.get(name) ?? 0) + 1);
  }

  return {
    async around(call: UpstreamCall, perform: () => Promise<UpstreamReply>): Promise<UpstreamReply> {
      try {
        const reply = await perform();
        if (isTrouble(reply)) note(call);
        return reply;
      } catch (error) {
        note(call);
        throw error;
      }
    },
    /** Of what comes from now on. */
    begin: () => met.clear(),
    count: (name: string) => met.get(name) ?? 0,
  };
}

/** What the sandbox never replies by itself, to a client whose tokens are good. */
function isTrouble({ status, headers }: UpstreamReply): boolean {
  return status === 401 || status >= 500 || headers["content-type"] === "text/html";
}

function pathOf(path: string): string {
  return path.replace(/\?.*$/, "").replace(/^(\/\w+\/)[^/]+/, "$1*");
}
