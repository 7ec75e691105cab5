/** Makes a text of the API or of a bank safe to print: control and format characters could make a terminal show something else. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]+/gu, " ").trim();
}
