declare module "dynalite" {
  import type { Server } from "node:http";

  function dynalite(options: {
    /** A directory. Default: tables are stored in memory. */
    path?: string;
    createTableMs?: number;
    deleteTableMs?: number;
    updateTableMs?: number;
  }): Server;
  export = dynalite;
}

declare module "dynalite/db/index.js" {
  type Item = Record<string, unknown>;

  /** Returns the entries of indexes that a write of `item` makes. */
  export function getIndexActions(
    indexes: readonly unknown[],
    existing: Item | undefined,
    item: Item,
    table: unknown,
  ): { puts: { index: string; key: string; item: Item }[] };
}
