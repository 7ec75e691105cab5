import { dollarsFor, prices } from "../prices.ts";
import type { TimedStart } from "./timed-start.ts";

/** The sizes that the curve is drawn for. */
export const MEMORY_SIZES_MB = [128, 192, 256, 384, 512, 768, 1024, 1769] as const;

/** Lambda gives a whole virtual processor to a function of this size, and to others their part of it. */
const ONE_PROCESSOR_MB = 1769;

export function processorShare(memoryMb: number): number {
  return memoryMb / ONE_PROCESSOR_MB;
}

/**
 * A model: a process that gets a share of a processor takes its processor time divided by that share, and never less than by the
 * clock where nothing limits it.
 */
export function firstReplyMs({ wallMs, cpuMs }: TimedStart, memoryMb: number): number {
  return Math.max(wallMs, cpuMs / processorShare(memoryMb));
}

/** Of as many first replies, their time alone. */
export function firstReplyDollars(start: TimedStart, memoryMb: number, count: number): number {
  const gbSeconds = (memoryMb / 1024) * (firstReplyMs(start, memoryMb) / 1000);
  return dollarsFor(count * gbSeconds, prices.functionGbSecond);
}

/** The smallest of the values that so many per cent of them do not exceed. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil((percent / 100) * sorted.length) - 1] ?? Number.NaN;
}

/** Each figure by itself. */
export function medianOf(starts: readonly TimedStart[]): TimedStart {
  const median = (figure: (start: TimedStart) => number) => percentile(starts.map(figure), 50);
  return {
    wallMs: median(({ wallMs }) => wallMs),
    cpuMs: median(({ cpuMs }) => cpuMs),
    peakMb: median(({ peakMb }) => peakMb),
  };
}

/** A doubling that shortens the first reply by less is not worth its price while a function waits. */
export const WORTH_DOUBLING_MS = 1000;

/** The smallest size that holds the process, and from which twice the memory shortens the first reply by less than is worth it. */
export function kneeOf(
  start: TimedStart,
  sizes: readonly number[] = MEMORY_SIZES_MB,
  worthMs = WORTH_DOUBLING_MS,
): number | undefined {
  const shortensBy = (size: number) => firstReplyMs(start, size) - firstReplyMs(start, 2 * size);
  return sizes.find((size) => size >= start.peakMb && shortensBy(size) < worthMs);
}
