import { apiHandler } from "./api-handler.ts";

export const handler = apiHandler("health", async () => ({ status: 200, body: { status: "ok" } }));
