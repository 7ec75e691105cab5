/** A schedule that has shown a defect: its property, and where fast-check finds it. */
interface FailedOnce {
  of: string;
  seed: number;
  path: string;
}

/** They are run again for ever. A path is good for as long as its property draws the same values in the same order. */
export const FAILED_ONCE: readonly FailedOnce[] = [];
