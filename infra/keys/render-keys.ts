import type { KeptApiKey } from "../../functions/access/api-key-register.ts";

/** As a list of objects; `revokedAt` is missing in a valid one. */
export function keysAsJson(keys: readonly KeptApiKey[]): string {
  const shown = keys.map(({ id, name, createdAt, revokedAt }) => ({ id, name, createdAt, revokedAt }));
  return `${JSON.stringify(shown, null, 2)}\n`;
}

/** As columns, each as wide as its widest text. */
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

/** In characters, which `length` counts in halves when they are rare ones. */
function lengthOf(text = ""): number {
  return [...text].length;
}
