/** Jobs can be read for this long after their last change. */
const KEPT_DAYS = 90;

/** In seconds since 1970, as DynamoDB's time to live has it. */
export function keptUntil(changedAt: string): number {
  return Math.ceil(Date.parse(changedAt) / 1000) + KEPT_DAYS * 24 * 3600;
}
