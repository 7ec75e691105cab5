import type { Clock } from "../../../../functions/jobs/domain/clock.ts";
import {
  type EndedLink,
  endStoredUntil,
  hasEnded,
  type Link,
  linkStoredUntil,
} from "../../../../functions/links/domain/link.ts";
import type { CurrentLinks, Links, SealedLink } from "../../../../functions/links/domain/ports.ts";

export interface FakeLinks extends Links {
  rows: Map<string, Link | EndedLink>;
}

/** Links in memory, under the conditions of the real store. */
export function fakeLinks(clock: Pick<Clock, "now">): FakeLinks {
  const rows = new Map<string, Link | EndedLink>();
  const isThere = (row: Link | EndedLink) =>
    (hasEnded(row) ? endStoredUntil(row) : linkStoredUntil(row)).getTime() > clock.now().getTime();
  return {
    rows,
    async find(hash) {
      const row = rows.get(hash);
      return row !== undefined && isThere(row) ? structuredClone(row) : undefined;
    },
    async add(link) {
      if (rows.has(link.hash)) return false;
      rows.set(link.hash, structuredClone(link));
      return true;
    },
    async write(next, from) {
      const row = rows.get(next.hash);
      if (row === undefined || hasEnded(row) || row.version !== from.version) return false;
      rows.set(next.hash, structuredClone({ ...next, version: from.version + 1 }));
      return true;
    },
    async end(link) {
      rows.set(link.hash, link);
    },
  };
}

export interface FakeCurrentLinks extends CurrentLinks {
  rows: Map<string, SealedLink>;
}

export function fakeCurrentLinks(clock: Pick<Clock, "now">): FakeCurrentLinks {
  const rows = new Map<string, SealedLink>();
  const current = (userId: string) => {
    const row = rows.get(userId);
    return row !== undefined && linkStoredUntil(row).getTime() > clock.now().getTime() ? row : undefined;
  };
  return {
    rows,
    async find(userId) {
      const row = current(userId);
      return row && { hash: row.hash, validUntil: row.validUntil };
    },
    reveal: async (userId) => current(userId),
    async replace(userId, next, from) {
      const row = current(userId);
      if (row !== undefined && row.hash !== from?.hash) return false;
      rows.set(userId, next);
      return true;
    },
    async remove(userId, { hash }) {
      if (rows.get(userId)?.hash === hash) rows.delete(userId);
    },
  };
}
