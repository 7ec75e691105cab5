import { HOOLI, LOGINS, PIED_PIPER } from "../../journeys/logins.ts";

export const KIND_NAMES = ["plain", "mfa", "queued"] as const;
export type KindName = (typeof KIND_NAMES)[number];

/** A job as its user has it, and what it may cost. */
export interface JobKind {
  name: KindName;
  title: string;
  institutionId: string;
  login: Record<string, string>;
  /** Given as soon as the bank asks; it asks nothing when absent. */
  answers?: readonly string[];
  /** The bank's record says that it is down, and it refuses every login, for longer than a job waits. */
  isDown?: true;
  /** How often a client has read the job when it is over: every 2 s, or every 12 h while it is queued. */
  clientReads: number;
  budget: { transitions: number; writes?: number; dollarsPer1000: number };
}

/** Jobs of a minute. */
export const QUICK_KINDS: readonly JobKind[] = [
  {
    name: "plain",
    title: "plain",
    institutionId: HOOLI,
    login: LOGINS.gavin,
    // The bank takes 6 s, and the end is seen at the latest 1 s later: at 2, 4, 6 and 8 s.
    clientReads: 4,
    budget: { transitions: 4, dollarsPer1000: 0.155 },
  },
  {
    name: "mfa",
    title: "with MFA",
    institutionId: PIED_PIPER,
    login: LOGINS.jared,
    answers: ["1234"],
    // Asked after 2 s, which is read at 4 s and answered; the bank takes 6 s from then on: at 2, 4, 6, 8, 10 and 12 s.
    clientReads: 6,
    budget: { transitions: 8, dollarsPer1000: 0.305 },
  },
];

export const QUEUED_KIND: JobKind = {
  name: "queued",
  title: "queued for 7 days",
  institutionId: HOOLI,
  login: LOGINS.gavin,
  isDown: true,
  // Whoever opens the app twice a day, for 7 days, and the end.
  clientReads: 15,
  budget: { transitions: 10, writes: 12, dollarsPer1000: 0.35 },
};

export const JOB_KINDS: readonly JobKind[] = [...QUICK_KINDS, QUEUED_KIND];
