import type { KeptApiKey } from "../../functions/access/api-key-register.ts";

/** Returns a JSON list of objects. A valid key has no `revokedAt`. */
export function keysAsJson(keys: readonly KeptApiKey[]): string {
  const shown = keys.map(({ id, name, createdAt, revokedAt }) => ({ id, name, createdAt, revokedAt }));
  return `${JSON.stringify(shown, null, 2)}\n`;
}

/** Returns a text table. Each column is as wide as its longest text. */
export function keysAsTable(keys: readonly KeptApiKey[]): string {
  const rows = [
    ["ID", "NAME", "CREATED", "REVOKED"],
    ...keys.map(({ id, name, createdAt, revokedAt = "-" }) => [id, name, createdAt, revokedAt]),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => lengthOf(row[column])))) ?? [];
  const lines = rows.map((row) =>
    row.map((text, column) => text + " ".repeat((widths[column] ?? 0) - lengthOf(text))).join("  "),
  );
  return lines.map((line) => `${line.trimEnd()}\n`).join("");
}

/** Counts characters. `length` counts rare characters, such as emoji, twice. */
function lengthOf(text = ""): number {
  return [...text].length;
}
