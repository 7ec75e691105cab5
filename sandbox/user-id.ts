/** Whether the text has the form of a user id. */
export function isUserId(text: string): boolean {
  return /^[A-Za-z0-9-]{1,64}$/.test(text);
}
