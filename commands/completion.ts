import { Argument, Command } from "commander";
import { describeCommands } from "../src/cli/command-tree.ts";
import { completionScript, SHELLS, type Shell } from "../src/cli/completion/shells.ts";
import type { CliContext } from "../src/cli/context.ts";
import { examples } from "../src/cli/help.ts";
import { COMMANDS } from "./index.ts";

/** Defines `hooks completion`. */
export function completionCommand(context: CliContext, run = runCompletion): Command {
  return new Command("completion")
    .description("Prints a completion script to standard output and writes no file.")
    .addArgument(new Argument("<shell>", `one of ${SHELLS.join(", ")}`).choices(SHELLS))
    .addHelpText(
      "after",
      examples(
        "source <(hooks completion bash)",
        "hooks completion bash > ~/.local/share/bash-completion/completions/hooks",
        "hooks completion zsh > ~/.zfunc/_hooks   # a folder of your fpath",
        "hooks completion fish > ~/.config/fish/completions/hooks.fish",
        "hooks completion powershell | Out-String | Invoke-Expression",
      ),
    )
    .action((shell: Shell) => run(shell, context));
}

export async function runCompletion(shell: Shell, context: CliContext): Promise<void> {
  context.out.write(completionScript(shell, await describeCommands(COMMANDS, context)));
}
