import { gavin, type OpenSandbox } from "./open-sandbox.ts";

export const fault = (bank: OpenSandbox, method: string, path: string, times: number, action: unknown) =>
  bank.control("PUT", "/faults", [{ method, path, times, do: action }]);

export const createPath = "/users/user-1/connections";
export const createBody = { ...gavin, institution: { id: "AU00000" } };
export const jobCount = async (bank: OpenSandbox) =>
  JSON.parse((await bank.send("GET", "/users/user-1/jobs")).text).size;
