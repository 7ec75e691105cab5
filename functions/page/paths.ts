export function pathOfJob(jobId: string): string {
  return `/connect/jobs/${jobId}`;
}

/** Returns the path of the form for a login to a bank. */
export function pathOfLogin(institutionId: string): string {
  return `/connect/login?${new URLSearchParams({ institutionId })}`;
}
