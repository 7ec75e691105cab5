/** What the proof rests on cannot be had on this machine: it proves nothing, and nothing is wrong. */
export class Unavailable extends Error {
  override readonly name = "Unavailable";
}
