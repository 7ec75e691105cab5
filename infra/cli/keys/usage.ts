export const USAGE = `API keys of a deployment.

  keys create NAME      make one, and print it once
  keys list [--json]    all of them, without the keys themselves
  keys revoke ID        no more tokens for it, from now on

Where, one of:
  --stack NAME          the stack in AWS (default: ConnectionJobs)
  --table NAME          its jobs table
  --local [URL]         local mode (default: http://127.0.0.1:3000, or the port in PORT)
`;
