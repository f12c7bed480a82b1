/**
 * Text for people that may name commands to run next: each `hooks COMMAND …` in it gets the flags that said where this
 * command line worked, so that what is pasted works there too. `location`: as `locationFlags` gives it.
 */
export function withLocation(text: string, location: readonly string[]): string {
  const missing = location.filter((flag) => !new RegExp(`${flag.split(" ", 1)[0]}[ =]`).test(text));
  return text.replace(NEXT_COMMAND, (_, command: string) => {
    // A daemon is started here, and for all of a store.
    const flags = ["serve", "backup", "restore"].includes(command)
      ? missing.filter((flag) => flag.startsWith("--store "))
      : missing;
    return ["hooks", ...flags, command].join(" ");
  });
}

/** The commands that work on a store or a server. */
const WITH_PLACE =
  "listen trigger replay why sign verify logs sub event event-type publish source delivery dlq serve status top stats " +
  "alert key tenant env audit purge backup restore apply export doctor";
/** One of them, and no question for help. */
const NEXT_COMMAND = new RegExp(`\\bhooks (${WITH_PLACE.replaceAll(" ", "|")})(?![\\w-])(?![\\w -]*--help)`, "g");
