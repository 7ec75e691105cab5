/**
 * Makes a key that no other call has. React Native has no `crypto`. The key is no secret: it only has to be unique for its
 * user.
 */
export function randomKey(): string {
  const { crypto } = globalThis;
  return crypto?.randomUUID?.() ?? [Date.now(), Math.random(), Math.random()].join("-");
}
