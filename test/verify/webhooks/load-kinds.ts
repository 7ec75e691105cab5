import * as z from "zod";

/**
 * The receivers of a load: one fails 30 % of the time, one is down, one takes 14 s to reply to its first messages, one redirects, one
 * never replies, and one is well. `other` is well too.
 */
export const KINDS = ["flaky", "down", "slow", "redirecting", "hanging", "other", "well"] as const;
export type Kind = (typeof KINDS)[number];

export const figuresSchema = z.object({
  requests: z.number(),
  /** How many different messages about jobs the receiver has accepted. */
  accepted: z.number(),
  /** How many of these it has accepted again. */
  twice: z.number(),
  /** How many came after a later one of their job. */
  disorder: z.number(),
});
export type Figures = z.infer<typeof figuresSchema>;

export const optionsSchema = z.object({
  timeScale: z.number(),
  seed: z.number(),
  slowReplies: z.number(),
  /** One number: how many messages the receiver that is well has accepted. */
  well: z.instanceof(SharedArrayBuffer),
});
