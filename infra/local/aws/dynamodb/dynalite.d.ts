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
