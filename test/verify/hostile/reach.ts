/**
 * Which part of all replies has to have each status at least. A third of what is usual: requests that are all stopped at the
 * door would have none of most.
 */
const LEAST: { [status: number]: number } = {
  200: 0.03,
  202: 0.001,
  400: 0.15,
  404: 0.1,
  409: 0.02,
  413: 0.003,
  415: 0.005,
};
/** Of those that were let in nowhere. */
const MOST_REFUSED = 0.2;

/** How many are told these goes by the rate limit's window, too: the fewer windows a run takes, the more are 429 at its end. */
export const LIMITED: readonly number[] = [202, 409];

/** What shows that requests do not get where they are to get, by the statuses of their replies; `but` are not looked at. */
export function wrongWithReach(
  statuses: ReadonlyMap<number, number>,
  sent: number,
  but: readonly number[] = [],
): string[] {
  const partOf = (status: number) => (statuses.get(status) ?? 0) / sent;
  const answered = [...statuses.values()].reduce((sum, count) => sum + count, 0);
  const few = Object.entries(LEAST)
    .map(([status, least]) => ({ status: Number(status), least }))
    .filter(({ status, least }) => !but.includes(status) && partOf(status) < least);
  return [
    ...(answered === sent ? [] : [`${answered} of ${sent} were answered`]),
    ...few.map(({ status }) => `too few ${status}: ${statuses.get(status) ?? 0} of ${sent}`),
    ...(partOf(401) > MOST_REFUSED ? [`too many 401: ${statuses.get(401)} of ${sent}`] : []),
  ];
}
