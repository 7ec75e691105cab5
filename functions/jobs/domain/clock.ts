/** Durations are nominal: a scaled clock divides them, and only it knows. */
export interface Clock {
  now(): Date;
  /** The moment that lies a duration ahead. */
  after(ms: number): Date;
  /** How much of a duration is left until a moment; below zero when it has passed. */
  msUntil(moment: Date): number;
  sleep(ms: number): Promise<void>;
}
