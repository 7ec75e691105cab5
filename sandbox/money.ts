/** Formats cents as upstream does: `-6081.50`. */
export function money(cents: number): string {
  return (cents / 100).toFixed(2);
}
