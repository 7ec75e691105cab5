import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Limit } from "./timed-start.ts";

/** Over so many microseconds a process gets its share, and then waits: Lambda's own pace, as others have measured it. */
const PERIOD_US = 20_000;
/** The kernel gives no less. */
const LEAST_QUOTA_US = 1_000;

interface Groups {
  root: string;
  files(quotaUs: number): [name: string, text: string][];
}

const GROUPS: readonly Groups[] = [
  {
    root: "/sys/fs/cgroup/cpu",
    files: (quotaUs) => [
      ["cpu.cfs_period_us", String(PERIOD_US)],
      ["cpu.cfs_quota_us", String(quotaUs)],
    ],
  },
  { root: "/sys/fs/cgroup", files: (quotaUs) => [["cpu.max", `${quotaUs} ${PERIOD_US}`]] },
];

/** A control group of Linux whose processes get no more than a share of one processor; undefined where none can be made. */
export function limitProcessor(share: number): (Limit & { close(): void }) | undefined {
  const groups = GROUPS.find(({ root }) => existsSync(join(root, "cpu.cfs_quota_us")) || hasProcessor(root));
  if (groups === undefined) return undefined;
  const folder = join(groups.root, `bench-${process.pid}-${Math.round(share * 10_000)}`);
  try {
    mkdirSync(folder);
  } catch {
    return undefined;
  }
  const close = () => rmdirSync(folder);
  try {
    const quotaUs = Math.max(LEAST_QUOTA_US, Math.round(share * PERIOD_US));
    for (const [name, text] of groups.files(quotaUs)) writeFileSync(join(folder, name), text);
    return { processesFile: join(folder, "cgroup.procs"), close };
  } catch {
    close();
    return undefined;
  }
}

function hasProcessor(root: string): boolean {
  const file = join(root, "cgroup.subtree_control");
  return existsSync(file) && readFileSync(file, "utf8").split(/\s+/).includes("cpu");
}
