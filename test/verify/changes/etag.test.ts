import fc from "fast-check";
import { expect, test } from "vitest";
import { isKnown, tagged } from "../../../functions/http/etag.ts";

const { etag } = tagged({ type: "job" });
const knows = (header: string | undefined) => isKnown({ header: () => header }, etag);

test("a body has one ETag, and another body has another one", () => {
  expect(etag).toMatch(/^"[\w-]{22}"$/);
  expect(tagged({ type: "job" })).toEqual({ text: '{"type":"job"}', etag });
  expect(tagged({ type: "jobs" }).etag).not.toBe(etag);
});

test.each([
  ["the ETag", etag],
  ["the ETag as a weak one", `W/${etag}`],
  ["any", "*"],
  ["the ETag after another one", `"other", ${etag}`],
  ["the ETag before a weak one", `${etag} ,W/"other"`],
  ["the ETag between empty elements", `,, ${etag}\t,`],
  ["the ETag after one with a comma and a bracket", `"a,b(", ${etag}`],
  ["the ETag in white space", ` ${etag} `],
])("If-None-Match with %s has the body", (_, header) => {
  expect(knows(header)).toBe(true);
});

test.each([
  ["nothing", ""],
  ["another ETag", '"other"'],
  ["the ETag without quotes", etag.slice(1, -1)],
  ["the ETag with one quote", etag.slice(0, -1)],
  ["the ETag in a longer one", `"x${etag.slice(1)}`],
  ["the ETag after a small w", `w/${etag}`],
  ["the ETag beside any", `*, ${etag}`],
  ["the ETag after a word", `none, ${etag}`],
  ["the ETag before a word", `${etag}, none`],
  ["the ETag after an ETag without a comma", `"other" ${etag}`],
  ["the ETag after an ETag with a space", `"o ther", ${etag}`],
])("If-None-Match with %s does not have the body", (_, header) => {
  expect(knows(header)).toBe(false);
});

test("a request without If-None-Match does not have the body", () => {
  expect(knows(undefined)).toBe(false);
});

test("a list of any ETags has the body exactly if the ETag is in it", () => {
  const other = fc.stringMatching(/^(W\/)?"[!#-~]{0,5}"$/);
  const lists = fc.tuple(fc.array(other, { maxLength: 4 }), fc.boolean(), fc.constantFrom(",", ", ", " ,\t"));
  fc.assert(
    fc.property(lists, ([others, has, comma]) => {
      expect(knows([...others, ...(has ? [etag] : [])].join(comma))).toBe(has);
    }),
  );
});
