import { NOT_FOUND, type Wordings } from "./error-wordings.ts";

/** For what no other function takes. */
export const ROUTE_WORDINGS = {
  "route-not-found": [...NOT_FOUND, "Requested route does not exist."],
  "method-not-allowed": [
    405,
    "method-not-allowed",
    "Method not allowed",
    "The method is not allowed for this resource.",
  ],
} satisfies Wordings;
