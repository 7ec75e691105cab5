/** Whether the text has the form of a user id. Every user with such an id exists. */
export function isUserId(text: string): boolean {
  return /^[A-Za-z0-9-]{1,64}$/.test(text);
}
