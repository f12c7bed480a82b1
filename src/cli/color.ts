import type { Colors, Paint } from "./context.ts";

/** `--color`, where `--no-color` is `never`. */
export type ColorChoice = "always" | "never" | "auto";

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Whether a stream gets colour; asked for stdout and stderr apart, so that piping one does not uncolour the other.
 * The one place that decides: the libraries disagree (chalk ignores NO_COLOR, ora colours pipes), and Node warns on
 * stderr when it is asked while both NO_COLOR and FORCE_COLOR are set.
 */
export function takesColor(choice: ColorChoice | undefined, env: Env, isTty: boolean): boolean {
  if (choice === "always") return true;
  if (choice === "never") return false;
  if (isSet(env["NO_COLOR"])) return false; // no-color.org: when present and not empty
  if (isSet(env["FORCE_COLOR"])) return env["FORCE_COLOR"] !== "0" && env["FORCE_COLOR"] !== "false";
  if (isSet(env["CLICOLOR_FORCE"]) && env["CLICOLOR_FORCE"] !== "0") return true;
  return isTty && env["TERM"] !== "dumb" && env["CLICOLOR"] !== "0";
}

export const NO_COLORS: Colors = { bold: same, dim: same, red: same, green: same, yellow: same, cyan: same };

/** Loads chalk only when some stream takes colour: a pipe never pays for it. */
export async function loadColors(on: boolean): Promise<Colors> {
  if (!on) return NO_COLORS;
  const { Chalk } = await import("chalk");
  const chalk = new Chalk({ level: 1 });
  const paint =
    (style: (text: string) => string): Paint =>
    (text) =>
      style(text);
  return {
    bold: paint(chalk.bold),
    dim: paint(chalk.dim),
    red: paint(chalk.red),
    green: paint(chalk.green),
    yellow: paint(chalk.yellow),
    cyan: paint(chalk.cyan),
  };
}

function same(text: string): string {
  return text;
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== "";
}
