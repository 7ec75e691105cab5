import { readdirSync, readFileSync, readlinkSync } from "node:fs";

const LISTENING = "0A";

/** 127.0.0.1, as {@link listeningAddresses} gives it. */
export const LOOPBACK = "0100007F";

/** The addresses that a process listens on, as Linux writes them: in hexadecimal, of IPv4 in host byte order. */
export function listeningAddresses(pid: number): string[] {
  const own = new Set(readdirSync(`/proc/${pid}/fd`).map((name) => targetOf(`/proc/${pid}/fd/${name}`)));
  return ["tcp", "tcp6"].flatMap((table) =>
    readFileSync(`/proc/${pid}/net/${table}`, "utf8")
      .split("\n")
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , , state, , , , , , inode]) => state === LISTENING && own.has(`socket:[${inode}]`))
      .map(([, local = ""]) => local.split(":")[0] ?? ""),
  );
}

/** A descriptor may be gone before it is looked at. */
function targetOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return "";
  }
}
