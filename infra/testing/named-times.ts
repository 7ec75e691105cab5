const ISO_TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g;

/**
 * The times that rows name. Functions that run every minute find their work in the rows, which name the time of their last change
 * and of their next work. Before such a time, a run finds nothing. So the clock skips these runs: a week has 10,080 minutes.
 */
export class NamedTimes {
  #times = new Set<number>();
  #ranAt = Number.NEGATIVE_INFINITY;

  /** Notes all times in a text. */
  add(text: string): void {
    for (const [time] of text.matchAll(ISO_TIME)) {
      const at = Date.parse(time);
      if (at >= this.#ranAt) this.#times.add(at);
    }
  }

  /** Notes a run of a schedule. */
  ran(now: number): void {
    this.#ranAt = now;
    for (const at of this.#times) if (at < now) this.#times.delete(at);
  }

  /** Returns when a schedule runs next with something to do. `dueAt` is its next run, in milliseconds since 1970. */
  nextRun(dueAt: number, everyMs: number): number {
    const next = Math.min(...this.#times);
    return next <= dueAt ? dueAt : dueAt + Math.ceil((next - dueAt) / everyMs) * everyMs;
  }
}
