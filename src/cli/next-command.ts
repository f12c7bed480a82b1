/**
 * Text for people that may name commands to run next: each `hooks COMMAND …` in it gets the flags that said where this
 * command line worked, so that what is pasted works there too. `location`: as `locationFlags` gives it.
 */
export function withLocation(text: string, location: readonly string[]): string {
  const missing = location.filter((flag) => !text.includes(`${flag.split(" ", 1)[0]} `));
  return text.replace(NEXT_COMMAND, (_, command: string) => {
    // A daemon is started here, and for all of a store.
    const flags = ["serve", "backup", "restore"].includes(command)
      ? missing.filter((flag) => flag.startsWith("--store "))
      : missing;
    return ["hooks", ...flags, command].join(" ");
  });
}

/** Those that work on a store, and no question for help. */
const NEXT_COMMAND =
  /\bhooks (sub|event|delivery|publish|trigger|replay|listen|status|doctor|key|tenant|audit|serve|verify|sign|backup|restore)\b(?![\w -]*--help)/g;
