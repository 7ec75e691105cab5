import { WORDINGS } from "../../functions/http/error-wordings.ts";
import { JOB_WORDINGS } from "../../functions/http/job-wordings.ts";
import { ROUTE_WORDINGS } from "../../functions/http/route-wordings.ts";
import { TOKEN_WORDINGS } from "../../functions/http/token-wordings.ts";

/** What all functions together have words for. */
export const ALL_WORDINGS = { ...WORDINGS, ...JOB_WORDINGS, ...ROUTE_WORDINGS, ...TOKEN_WORDINGS };
