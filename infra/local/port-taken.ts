/** What listens, or an `Error` of one line that says which variable to change. */
export async function portTaken<Part>(
  variable: string,
  port: number,
  starting: Promise<Part>,
): Promise<Part> {
  try {
    return await starting;
  } catch (error) {
    const isTaken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
    if (!isTaken) throw error;
    throw new Error(`Port ${port} is taken. Set ${variable} to another one.`);
  }
}
