import { type CompletionModel, type CompletionPoint, sourceWord, valuePatterns } from "./completion-model.ts";

/** For bash 3.2 and newer, without the bash-completion package; may be sourced any number of times. */
export function bashScript(model: CompletionModel): string {
  return `# bash completion for hooks. Generated from the command tree: do not edit.
# Try it: source <(hooks completion bash)

# Sets commands, flags, valued (flags that take a value) and args (how each argument is completed) for a point.
_hooks_point() {
  commands='' flags='' valued='' args=''
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

# Fills COMPREPLY with what begins with $cur; $2 stands before each (for --flag=value).
_hooks_reply() {
  local candidate
  case $1 in
    @dynamic)
      while IFS=$'\\t' read -r candidate _; do
        [[ $candidate == "$value"* ]] && COMPREPLY+=("$2$candidate")
      done < <("\${words[0]}" __complete -- "\${words[@]:1}" 2>/dev/null)
      ;;
    @file)
      while IFS= read -r candidate; do
        COMPREPLY+=("$2$candidate")
      done < <(compgen -f -- "$value")
      compopt -o filenames 2>/dev/null
      ;;
    *)
      while IFS= read -r candidate; do
        COMPREPLY+=("$2$candidate")
      done < <(compgen -W "$1" -- "$value")
      ;;
  esac
}

_hooks() {
  COMPREPLY=()
  # Bash has split the words at ":" and "=" (COMP_WORDBREAKS): what no blank parts is one word again.
  local -a words
  local rest=$COMP_LINE word i
  words=()
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ $rest == [[:space:]]* || i -eq 0 ]]; then
      rest=\${rest#"\${rest%%[![:space:]]*}"}
      words+=("$word")
    else
      words[\${#words[@]}-1]+=$word
    fi
    rest=\${rest#"$word"}
  done

  local commands flags valued args values point='' pending='' count=0 last=$((\${#words[@]} - 1))
  _hooks_point ''
  for ((i = 1; i < last; i++)); do
    word=\${words[i]}
    if [[ -n $pending ]]; then
      pending=''
    elif [[ $word == -- ]]; then
      return
    elif [[ $word == -* ]]; then
      [[ " $valued " == *" $word "* ]] && pending=$word
    elif [[ " $commands " == *" $word "* ]]; then
      point=\${point:+$point }$word
      _hooks_point "$point"
    else
      count=$((count + 1))
    fi
  done

  local cur=\${words[last]} value=\${words[last]}
  if [[ -n $pending ]]; then
    _hooks_flag_values "$point" "$pending"
    [[ -n $values ]] && _hooks_reply "$values" ''
  elif [[ $cur == --*=* ]]; then
    value=\${cur#*=}
    _hooks_flag_values "$point" "\${cur%%=*}"
    [[ -n $values ]] && _hooks_reply "$values" "\${cur%%=*}="
  elif [[ $cur == -* ]]; then
    _hooks_reply "$flags" ''
  elif [[ -n $commands ]]; then
    _hooks_reply "$commands" ''
  elif [[ -n $args ]]; then
    local -a each
    local IFS='|'
    each=($args)
    unset IFS
    [[ -n \${each[count]} && \${each[count]} != - ]] && _hooks_reply "\${each[count]}" ''
  fi

  # Readline replaces only what stands behind the last of its break characters.
  local break head fixed=''
  for break in ':' '='; do
    if [[ $COMP_WORDBREAKS == *"$break"* && $cur == *"$break"* ]]; then
      head=\${cur%"\${cur##*"$break"}"}
      [[ \${#head} -gt \${#fixed} ]] && fixed=$head
    fi
  done
  if [[ -n $fixed && \${#COMPREPLY[@]} -gt 0 ]]; then
    COMPREPLY=("\${COMPREPLY[@]#"$fixed"}")
  fi
  return 0
}

complete -F _hooks hooks
`;
}

function pointCase(point: CompletionPoint): string {
  const names = (list: readonly { name: string }[]): string => list.map(({ name }) => name).join(" ");
  const valued = point.flags.filter((flag) => flag.value !== undefined);
  const parts = [
    `commands='${names(point.commands)}'`,
    `flags='${names(point.flags)}'`,
    `valued='${names(valued)}'`,
    `args='${point.arguments.map((source) => sourceWord(source) || "-").join("|")}'`,
  ];
  return `    '${point.path}')\n      ${parts.join("\n      ")}\n      ;;`;
}

/** One case for all points where a flag is completed in the same way. */
function flagCases(model: CompletionModel): string {
  return [...valuePatterns(model)]
    .map(([values, cases]) => `    ${cases.join(" | ")})\n      values='${values}'\n      ;;`)
    .join("\n");
}
