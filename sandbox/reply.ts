export type Reply = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

export function jsonReply(
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return {
    status,
    headers: { "content-type": "application/json", "cache-control": "no-store", ...headers },
    body: JSON.stringify(value),
  };
}

export const noContent: Reply = { status: 204, headers: { "cache-control": "no-store" }, body: "" };

export function isBodyless(status: number): boolean {
  return status === 204 || status === 304;
}
