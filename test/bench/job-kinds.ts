import { HOOLI, LOGINS, PIED_PIPER } from "../journeys/logins.ts";

export const KIND_NAMES = ["plain", "mfa"] as const;
export type KindName = (typeof KIND_NAMES)[number];

/** A job as its user has it, and what it may cost. */
export interface JobKind {
  name: KindName;
  title: string;
  institutionId: string;
  login: Record<string, string>;
  /** Given as soon as the bank asks; it asks nothing when absent. */
  answers?: readonly string[];
  /** How often a client that reads the job every 2 s from its POST on has read it when it is over. */
  clientReads: number;
  budget: { transitions: number; dollarsPer1000: number };
}

export const JOB_KINDS: readonly JobKind[] = [
  {
    name: "plain",
    title: "plain",
    institutionId: HOOLI,
    login: LOGINS.gavin,
    // The bank takes 6 s, and the end is seen at the latest 1 s later: at 2, 4, 6 and 8 s.
    clientReads: 4,
    budget: { transitions: 4, dollarsPer1000: 0.13 },
  },
  {
    name: "mfa",
    title: "with MFA",
    institutionId: PIED_PIPER,
    login: LOGINS.jared,
    answers: ["1234"],
    // Asked after 2 s, which is read at 4 s and answered; the bank takes 6 s from then on: at 2, 4, 6, 8, 10 and 12 s.
    clientReads: 6,
    budget: { transitions: 8, dollarsPer1000: 0.26 },
  },
];
