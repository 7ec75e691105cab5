/** Durations are nominal milliseconds. A scaled clock divides them by a factor that only the clock knows. */
export interface Clock {
  now(): Date;
  /** Returns the time that lies `ms` ahead. */
  after(ms: number): Date;
  /** Returns the milliseconds left until a time; negative if the time has passed. */
  msUntil(moment: Date): number;
  /** Returns how many milliseconds pass between two times that lie `ms` apart. */
  span(ms: number): number;
  sleep(ms: number): Promise<void>;
}
