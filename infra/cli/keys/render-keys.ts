import type { StoredApiKey } from "../../../functions/access/api-key-register.ts";
import { textTable } from "../text-table.ts";

/** Returns a JSON list of objects. A valid key has no `revokedAt`. */
export function keysAsJson(keys: readonly StoredApiKey[]): string {
  const shown = keys.map(({ id, name, createdAt, revokedAt }) => ({ id, name, createdAt, revokedAt }));
  return `${JSON.stringify(shown, null, 2)}\n`;
}

export function keysAsTable(keys: readonly StoredApiKey[]): string {
  const rows = [
    ["ID", "NAME", "CREATED", "REVOKED"],
    ...keys.map(({ id, name, createdAt, revokedAt = "-" }) => [id, name, createdAt, revokedAt]),
  ];
  return textTable(rows)
    .map((line) => `${line}\n`)
    .join("");
}
