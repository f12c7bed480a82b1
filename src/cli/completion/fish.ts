import type { CompletionModel, CompletionPoint, ValueSource } from "./completion-model.ts";

export function fishScript(model: CompletionModel): string {
  const lines = model.points.flatMap(pointLines);
  return `# fish completion for hooks. Generated from the command tree: do not edit.

# The command's words before the cursor, without flags and their values: "sub create".
function __hooks_path
    set -l path
    set -l skip 0
    set -l points ${model.points
      .filter((point) => point.path !== "")
      .map((point) => quote(point.path))
      .join(" ")}
    for word in (commandline -opc)[2..-1]
        if test $skip = 1
            set skip 0
        else if contains -- $word ${model.globalValueFlags.join(" ")}
            set skip 1
        else if string match -q -- '-*' $word
            continue
        else if contains -- (string join ' ' $path $word) $points
            set path $path $word
        else
            break
        end
    end
    string join ' ' $path
end

function __hooks_at
    test (string join ' ' (__hooks_path)) = "$argv"
end

# Event types, subscriptions, deliveries: asked of the program, which is silent when it cannot answer.
function __hooks_dynamic
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    $words[1] __complete -- $words[2..-1] $current 2>/dev/null
end

complete -c hooks -e
complete -c hooks -f
${lines.join("\n")}
`;
}

function pointLines(point: CompletionPoint): string[] {
  const at = `-n ${quote(`__hooks_at ${point.path}`.trim())}`;
  const lines = point.commands.map(({ name, summary }) => `complete -c hooks ${at} -a ${name} -d ${quote(summary)}`);
  for (const flag of point.flags) {
    const value = flag.value === undefined ? "" : ` ${argumentOf(flag.value, true)}`;
    lines.push(`complete -c hooks ${at} -l ${flag.name.slice(2)}${value} -d ${quote(flag.summary)}`);
  }
  const [first] = point.arguments;
  const argument = first === undefined ? "" : argumentOf(first, false);
  if (argument !== "") lines.push(`complete -c hooks ${at} ${argument}`);
  return lines;
}

/** `-x`: a value is needed, and no file; `-r`: a value is needed; `-F`: files after all. */
function argumentOf(source: ValueSource, isFlag: boolean): string {
  switch (source.kind) {
    case "choices":
      return `${isFlag ? "-x " : ""}-a ${quote(source.choices.join(" "))}`;
    case "dynamic":
      return `${isFlag ? "-x " : ""}-a '(__hooks_dynamic)'`;
    case "file":
      return isFlag ? "-r -F" : "-F";
    case "none":
      return isFlag ? "-x" : "";
  }
}

function quote(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
