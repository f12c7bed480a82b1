import { type CompletionModel, type CompletionPoint, sourceWord, valuePatterns } from "./completion-model.ts";

/** For `fpath` (as `_hooks`) and for `source <(hooks completion zsh)`. */
export function zshScript(model: CompletionModel): string {
  return `#compdef hooks
# zsh completion for hooks. Generated from the command tree: do not edit.

# Sets commands, flags (name:summary), valued and args for a point.
_hooks_point() {
  commands=() flags=() valued=() args=()
  case $1 in
${model.points.map(pointCase).join("\n")}
  esac
}

# How the value of a flag is completed: choices, "@dynamic", "@file", or nothing.
_hooks_flag_values() {
  values=''
  case "$1 $2" in
${flagCases(model)}
  esac
}

_hooks_reply() {
  local line
  local -a found
  case $1 in
    '' | -) ;;
    @dynamic)
      for line in \${(f)"$($words[1] __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)"}; do
        found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
      done
      (( $#found )) && _describe -t values value found
      ;;
    @file) _files ;;
    *) found=(\${=1}); _describe -t values value found ;;
  esac
}

_hooks() {
  local -a commands names flags valued args
  local values point='' pending='' word i
  integer count=1
  _hooks_point ''
  names=(\${commands%%:*})
  for (( i = 2; i < CURRENT; i++ )); do
    word=$words[i]
    if [[ -n $pending ]]; then
      pending=''
    elif [[ $word == -- ]]; then
      _files
      return
    elif [[ $word == -* ]]; then
      (( $valued[(Ie)$word] )) && pending=$word
    elif (( $names[(Ie)$word] )); then
      point=\${point:+$point }$word
      _hooks_point $point
      names=(\${commands%%:*})
    else
      (( count++ ))
    fi
  done

  local cur=$words[CURRENT]
  if [[ -n $pending ]]; then
    _hooks_flag_values "$point" $pending
    _hooks_reply "$values"
  elif [[ $cur == --*=* ]]; then
    _hooks_flag_values "$point" \${cur%%=*}
    compset -P '*='
    _hooks_reply "$values"
  elif [[ $cur == -* ]]; then
    _describe -o -t options flag flags
  elif (( $#commands )); then
    _describe -t commands command commands
  else
    _hooks_reply "\${args[count]:-}"
  fi
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _hooks "$@"
else
  compdef _hooks hooks
fi
`;
}

function pointCase(point: CompletionPoint): string {
  const described = (list: readonly { name: string; summary: string }[]): string =>
    list.map(({ name, summary }) => `        ${quote(`${name}:${summary}`)}`).join("\n");
  const valued = point.flags.filter((flag) => flag.value !== undefined).map((flag) => flag.name);
  const list = (text: string): string => (text === "" ? "()" : `(\n${text}\n      )`);
  return `    '${point.path}')
      commands=${list(described(point.commands))}
      flags=${list(described(point.flags))}
      valued=(${valued.join(" ")})
      args=(${point.arguments.map((source) => quote(sourceWord(source) || "-")).join(" ")})
      ;;`;
}

function flagCases(model: CompletionModel): string {
  return [...valuePatterns(model)]
    .map(([values, cases]) => `    ${cases.join(" | ")}) values=${quote(values)} ;;`)
    .join("\n");
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
