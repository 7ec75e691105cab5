import { randomUUID } from "node:crypto";
import type { Job } from "../../../functions/jobs/domain/job.ts";

/** The end of the process that is about to have an effect, or has just had it. */
export interface Crash {
  /** Of which function, and which effect: `open-connection PutItem job opening`. */
  effect: string;
  /** Which one of its name, from 1. */
  nth: number;
  when: "before" | "after";
}

/** One run of a scenario by a user of its own, and all that came of it. */
export interface Cell {
  userId: string;
  /** What is to happen to it, one after the other. */
  crashes: readonly Crash[];
  /** How many of them have happened. */
  met: number;
  /** In their order, also of those that a crash kept from happening. */
  effects: string[];
  /** Its jobs, also those of which nothing is left. */
  jobIds: Set<string>;
  /** Every version of its jobs, as it was written. */
  written: Job[];
  /** Of what it posted upstream, what upstream did not refuse. */
  taken: string[];
}

export function newCell(crashes: readonly Crash[] = []): Cell {
  return { userId: randomUUID(), crashes, met: 0, effects: [], jobIds: new Set(), written: [], taken: [] };
}

export function titleOf({ crashes }: Pick<Cell, "crashes">): string {
  return crashes.map(({ when, nth, effect }) => `${when} ${effect} (${nth})`).join(", then ");
}

/** Notes an effect, and says whether the process is to end with it. */
export function meet(cell: Cell, effect: string): Crash["when"] | undefined {
  cell.effects.push(effect);
  const next = cell.crashes[cell.met];
  const count = cell.effects.filter((name) => name === effect).length;
  if (next === undefined || next.effect !== effect || count < next.nth) return undefined;
  cell.met += 1;
  return next.when;
}

/** One crash before and one after each effect of a run that went well, as far as it is aimed at. */
export function crashesAt(effects: readonly string[], aims: Aims): Crash[] {
  const counts = new Map<string, number>();
  return effects.flatMap((effect, index) => {
    const nth = (counts.get(effect) ?? 0) + 1;
    counts.set(effect, nth);
    if (!aims(effect, effects.slice(0, index)) || isByChance(effect, nth)) return [];
    return (["before", "after"] as const).map((when) => ({ effect, nth, when }));
  });
}

/** Whether an effect is one to be disturbed at; by what came before it, too. */
export type Aims = (effect: string, earlier: readonly string[]) => boolean;

/**
 * What a run comes to at some times only: records of banks, which requests remember for a minute, and a second time of what
 * changes nothing any more.
 */
function isByChance(effect: string, nth: number): boolean {
  if (/^(create|update|refresh).* GET \/institutions\/\*$/.test(effect)) return true;
  return nth > 1 && / GET |DeleteItem secret|UpdateItem/.test(effect);
}
