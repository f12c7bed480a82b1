import type { CommandTree } from "../command-tree.ts";
import { bashScript } from "./bash.ts";
import { completionModel } from "./completion-model.ts";
import { fishScript } from "./fish.ts";
import { powershellScript } from "./powershell.ts";
import { zshScript } from "./zsh.ts";

export const SHELLS = ["bash", "zsh", "fish", "powershell"] as const;
export type Shell = (typeof SHELLS)[number];

/** The file that holds each shell's script, in completions/. */
export const COMPLETION_FILES: Record<Shell, string> = {
  bash: "hooks.bash",
  zsh: "_hooks",
  fish: "hooks.fish",
  powershell: "hooks.ps1",
};

const WRITERS = { bash: bashScript, zsh: zshScript, fish: fishScript, powershell: powershellScript };

/** The completion script of a shell, made from the command tree alone. */
export function completionScript(shell: Shell, tree: CommandTree): string {
  return WRITERS[shell](completionModel(tree));
}
