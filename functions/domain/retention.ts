/** Jobs can be read for this long after their last change, unless the deployment says otherwise. */
export const DEFAULT_RETENTION_DAYS = 90;
export const MAX_RETENTION_DAYS = 3650;

/** In seconds since 1970, as DynamoDB's time to live has it. */
export function keptUntil(changedAt: string, days: number): number {
  return Math.ceil(Date.parse(changedAt) / 1000) + days * 24 * 3600;
}
