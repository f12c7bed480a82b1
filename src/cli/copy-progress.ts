import type { CliContext } from "./context.ts";
import { progressBar } from "./progress-bar.ts";
import { startSpinner } from "./spinner.ts";

export interface CopyProgress {
  signal: AbortSignal;
  onProgress(progress: { doneBytes: number; totalBytes: number }): void;
  onCopied(): void;
  stop(): void;
}

/** Shows on a terminal how far the copy of a store has come. */
export async function watchCopy({ out, signal }: CliContext): Promise<CopyProgress> {
  const spinner = await startSpinner(out, "copying");
  return {
    signal,
    onProgress: (progress) => spinner.text(`copying  ${copyProgressText(progress)}`),
    onCopied: () => spinner.text("checking that it is whole"),
    stop: () => spinner.stop(),
  };
}

/** `█████░░░░░░░░░░░░░░░  25 %  of 260 MB` */
export function copyProgressText({ doneBytes, totalBytes }: { doneBytes: number; totalBytes: number }): string {
  return `${progressBar(totalBytes === 0 ? 1 : doneBytes / totalBytes)}  of ${sizeText(totalBytes)}`;
}

/** For people: "120 kB", "4.2 MB", "3.0 GB". */
export function sizeText(bytes: number): string {
  if (bytes < 1_000_000) return `${Math.ceil(bytes / 1_000)} kB`;
  if (bytes < 1_000_000_000) return `${(bytes / 1_000_000).toFixed(bytes < 10_000_000 ? 1 : 0)} MB`;
  return `${(bytes / 1_000_000_000).toFixed(1)} GB`;
}
