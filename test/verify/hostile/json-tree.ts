/** A text that goes into a body as it is, whether it is JSON or not. */
export class Raw {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** An object whose keys may be there twice, in an order of their own. */
export class Members {
  readonly entries: [string, Tree][];
  constructor(entries: [string, Tree][]) {
    this.entries = entries;
  }
}

/** JSON, and what is nearly that. */
export type Tree = null | boolean | number | string | Raw | Members | Tree[];

export function treeOf(value: unknown): Tree {
  if (Array.isArray(value)) return value.map(treeOf);
  if (typeof value === "object" && value !== null) {
    return new Members(Object.entries(value).map(([name, each]) => [name, treeOf(each)]));
  }
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  return null;
}

export function written(tree: Tree): string {
  if (tree instanceof Raw) return tree.text;
  if (tree instanceof Members) {
    return `{${tree.entries.map(([name, value]) => `${JSON.stringify(name)}:${written(value)}`).join(",")}}`;
  }
  if (Array.isArray(tree)) return `[${tree.map(written).join(",")}]`;
  return JSON.stringify(tree);
}

/** A place in a tree: what is there, and how to put something else there. */
export interface Place {
  value: Tree;
  put(value: Tree): void;
  drop(): void;
  /** Only of a member. */
  repeat(value: Tree): void;
}

/** Every place below the tree. */
export function placesIn(tree: Tree): Place[] {
  if (tree instanceof Members) {
    const { entries } = tree;
    return entries.flatMap((entry) => [
      {
        value: entry[1],
        put: (value: Tree) => {
          entry[1] = value;
        },
        drop: () => void entries.splice(entries.indexOf(entry), 1),
        repeat: (value: Tree) => void entries.push([entry[0], value]),
      },
      ...placesIn(entry[1]),
    ]);
  }
  if (!Array.isArray(tree)) return [];
  return tree.flatMap((item, index) => [
    {
      value: item,
      put: (value: Tree) => {
        tree[index] = value;
      },
      drop: () => void tree.splice(index, 1),
      repeat: (value: Tree) => void tree.push(value),
    },
    ...placesIn(item),
  ]);
}

/** The tree, and all objects below it. */
export function objectsIn(tree: Tree): Members[] {
  const below = placesIn(tree).map(({ value }) => value);
  return [tree, ...below].filter((value) => value instanceof Members);
}
