const CELLS = 20;

/** `█████░░░░░░░░░░░░░░░  25 %`. `part`: 0–1. */
export function progressBar(part: number): string {
  const cells = Math.floor(part * CELLS);
  return `${"█".repeat(cells)}${"░".repeat(CELLS - cells)}  ${Math.floor(part * 100)} %`;
}
