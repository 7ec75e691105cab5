import { UpstreamUnavailable } from "./errors.ts";

/** What upstream was asked, or the other value when it gave no usable reply. */
export async function orWhenUnavailable<Asked, Other>(
  asking: Promise<Asked>,
  other: Other,
): Promise<Asked | Other> {
  try {
    return await asking;
  } catch (error) {
    if (error instanceof UpstreamUnavailable) return other;
    throw error;
  }
}
