import { WORDINGS } from "../../functions/wire/error-wordings.ts";
import { JOB_WORDINGS } from "../../functions/wire/job-wordings.ts";
import { ROUTE_WORDINGS } from "../../functions/wire/route-wordings.ts";
import { TOKEN_WORDINGS } from "../../functions/wire/token-wordings.ts";

/** What all functions together have words for. */
export const ALL_WORDINGS = { ...WORDINGS, ...JOB_WORDINGS, ...ROUTE_WORDINGS, ...TOKEN_WORDINGS };
