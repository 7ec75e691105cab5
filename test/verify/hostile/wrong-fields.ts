import { placesIn, Raw, type Tree, treeOf, written } from "./json-tree.ts";
import type { Wrong } from "./wrong-reply.ts";

type Value = (mark: string) => Tree;

const text = (make: (mark: string) => string): Value => make;

/** What no field of a good reply is, or what is worst for one of its kind. */
const VALUES: { [name: string]: Value } = {
  null: () => null,
  true: () => true,
  "0": () => 0,
  "-1": () => -1,
  "1e308": () => 1e308,
  "1e999": () => new Raw("1e999"),
  "an empty text": text(() => ""),
  "a text": text((mark) => mark),
  "10 kB": text((mark) => mark.repeat(500)),
  "a line break": text((mark) => `${mark}\r\nX-${mark}: 1`),
  "half a character": text((mark) => `${mark}\ud800`),
  "a NUL": text((mark) => `${mark}\0`),
  "a way up": text((mark) => `../../${mark}`),
  "two dots": text(() => ".."),
  "an address elsewhere": text((mark) => `https://${mark}.example/jobs/1`),
  "a host elsewhere": text((mark) => `//${mark}.example/x`),
  "a script": text((mark) => `javascript:alert('${mark}')`),
  "another's id": text(() => "00000000-0000-4000-8000-000000000000"),
  __proto__: text(() => "__proto__"),
  "an empty list": () => [],
  "a list": (mark) => [mark],
  "a list of 1,000": (mark) => Array.from({ length: 1_000 }, () => mark),
  "an empty object": () => treeOf({}),
  "an object": (mark) => treeOf({ id: mark, length: 3, polluted: mark }),
  "a depth of 10,000": () => new Raw(`${"[".repeat(10_000)}${"]".repeat(10_000)}`),
};

/** Every field of a good reply, given every wrong value, left out, and there twice. */
export function wrongFields(good: object): Wrong[] {
  const count = placesIn(treeOf(good)).length;
  return Array.from({ length: count }, (_, index) => ofPlace(index)).flat();
}

function ofPlace(index: number): Wrong[] {
  const changed = (
    name: string,
    change: (place: ReturnType<typeof placesIn>[number], mark: string) => void,
  ): Wrong => ({
    name: `field ${index}: ${name}`,
    play(response, good, mark) {
      const tree = treeOf(good);
      const place = placesIn(tree)[index];
      if (place !== undefined) change(place, mark);
      response.end(written(tree));
    },
  });
  return [
    ...Object.entries(VALUES).map(([name, value]) => changed(name, (place, mark) => place.put(value(mark)))),
    changed("nothing", (place) => place.drop()),
    changed("there twice", (place, mark) => place.repeat(mark)),
  ];
}
