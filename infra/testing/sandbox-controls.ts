/**
 * The requests with which a test controls the sandbox, by the names of the handle's functions. Each rejects if the sandbox refuses
 * it. `changed` is called when banks may do otherwise than before.
 */
export function sandboxControls(sandboxUrl: string, changed: () => void) {
  const call = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(`${sandboxUrl}/_control${path}`, {
      method,
      headers: { "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (method !== "GET") changed();
    if (response.ok) return response.status === 204 ? undefined : response.json();
    throw new Error(`The sandbox refused ${method} /_control${path} with status ${response.status}.`);
  };
  const institution = (id: string) => `/institutions/${encodeURIComponent(id)}`;
  const user = (id: string) => `/users/${encodeURIComponent(id)}`;
  return {
    outage: (id: string, outage: string) => call("PUT", institution(id), { status: "major-outage", outage }),
    restore: (id: string) => call("PUT", institution(id), { status: "operational" }),
    faults: (faults: unknown) => call("PUT", "/faults", faults),
    event: (userId: string, event: unknown) => call("POST", `${user(userId)}/events`, event),
    transactions: (userId: string, transactions: number) => call("PUT", user(userId), { transactions }),
    calls: async () => Object(await call("GET", "/ledger")).calls,
    reset: () => call("DELETE", ""),
  };
}
