/** RFC 3339 in UTC without fractions, as upstream writes it. */
export function timestamp(epochMs: number): string {
  return new Date(epochMs).toISOString().replace(/\.\d{3}Z$/, "Z");
}
