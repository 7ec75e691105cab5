/**
 * Adds what Node.js 20 lacks of Node.js 24, for which the functions are written because Lambda runs it. Changes the global objects of
 * the thread that calls it.
 */
export function fillInNode20(): void {
  Promise.withResolvers ??= withResolvers;
  Map.groupBy ??= groupBy;
  Object.groupBy ??= groupByName;
}

function withResolvers<Value>(): PromiseWithResolvers<Value> {
  let resolve: PromiseWithResolvers<Value>["resolve"] = () => undefined;
  let reject: PromiseWithResolvers<Value>["reject"] = () => undefined;
  const promise = new Promise<Value>((...settle) => {
    [resolve, reject] = settle;
  });
  return { promise, resolve, reject };
}

function groupBy<Key, One>(all: Iterable<One>, keyOf: (one: One, index: number) => Key): Map<Key, One[]> {
  const groups = new Map<Key, One[]>();
  for (const [index, one] of [...all].entries()) {
    const key = keyOf(one, index);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return groups;
}

function groupByName<Name extends PropertyKey, One>(
  all: Iterable<One>,
  nameOf: (one: One, index: number) => Name,
) {
  const groups: Partial<Record<Name, One[]>> = Object.create(null);
  for (const [name, group] of groupBy(all, nameOf)) groups[name] = group;
  return groups;
}
