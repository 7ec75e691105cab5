/** Formats a time as upstream does: RFC 3339 in UTC without fractions of a second. */
export function timestamp(epochMs: number): string {
  return new Date(epochMs).toISOString().replace(/\.\d{3}Z$/, "Z");
}
