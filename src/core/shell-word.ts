/** A word as a POSIX shell reads it back, quoted only where it must be: for commands to paste. */
export function shellWord(text: string): string {
  return /^[\w@%+:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
