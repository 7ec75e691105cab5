const WATCHED: { [name: string]: object } = {
  global: globalThis,
  ...Object.fromEntries(
    [
      Object,
      Array,
      Function,
      String,
      Number,
      Boolean,
      RegExp,
      Date,
      Map,
      Set,
      Promise,
      Error,
      Buffer,
      URLSearchParams,
    ].flatMap((made) => [
      [made.name, made],
      [`${made.name}.prototype`, made.prototype],
    ]),
  ),
};

/** Every own property of what all objects share, and what it is. */
export function sharedProperties(): Map<string, unknown> {
  const found = new Map<string, unknown>();
  for (const [name, object] of Object.entries(WATCHED)) {
    for (const key of Reflect.ownKeys(object)) {
      const { value, get } = Object.getOwnPropertyDescriptor(object, key) ?? {};
      found.set(`${name} ${String(key)}`, value ?? get);
    }
  }
  return found;
}

/** What is there, gone, or another one since. */
export function touchedSince(before: Map<string, unknown>): string[] {
  const now = sharedProperties();
  const names = new Set([...before.keys(), ...now.keys()]);
  return [...names].filter(
    (name) => before.has(name) !== now.has(name) || !Object.is(before.get(name), now.get(name)),
  );
}
