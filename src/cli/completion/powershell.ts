import { type CompletionModel, type CompletionPoint, sourceWord } from "./completion-model.ts";

/** For Windows PowerShell 5 and PowerShell 7. */
export function powershellScript(model: CompletionModel): string {
  return `# PowerShell completion for hooks. Generated from the command tree: do not edit.
# Try it: hooks completion powershell | Out-String | Invoke-Expression

Register-ArgumentCompleter -Native -CommandName hooks -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)

  # For each point: commands and flags with their summaries, how flags' values and arguments are completed.
  $points = @{
${model.points.map(pointEntry).join("\n")}
  }

  $words = @($commandAst.CommandElements | Where-Object { $_.Extent.StartOffset -lt $cursorPosition } | ForEach-Object { $_.Extent.Text })
  $before = if ($wordToComplete -eq '') { $words } else { @($words | Select-Object -SkipLast 1) }
  $path = ''
  $pending = ''
  $count = 0
  foreach ($word in @($before | Select-Object -Skip 1)) {
    if ($pending -ne '') { $pending = ''; continue }
    if ($word -eq '--') { return }
    if ($word.StartsWith('-')) {
      if ($points[$path].values.ContainsKey($word)) { $pending = $word }
    } elseif ($points[$path].commands.Contains($word)) {
      $path = "$path $word".Trim()
    } else {
      $count++
    }
  }

  function Complete-Source($source) {
    if ($source -eq '@dynamic') {
      & $words[0] __complete -- @($before | Select-Object -Skip 1) $wordToComplete 2>$null | ForEach-Object {
        $value, $summary = $_ -split "\`t", 2
        [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $(if ($summary) { $summary } else { $value }))
      }
    } elseif ($source -and $source -ne '@file') {
      $source -split ' ' | Where-Object { $_.StartsWith($wordToComplete) } | ForEach-Object {
        [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
      }
    }
  }

  $point = $points[$path]
  if ($pending -ne '') {
    Complete-Source $point.values[$pending]
  } elseif ($wordToComplete.StartsWith('-')) {
    $point.flags.GetEnumerator() | Where-Object { $_.Key.StartsWith($wordToComplete) } | ForEach-Object {
      [System.Management.Automation.CompletionResult]::new($_.Key, $_.Key, 'ParameterName', $_.Value)
    }
  } elseif ($point.commands.Count -gt 0) {
    $point.commands.GetEnumerator() | Where-Object { $_.Key.StartsWith($wordToComplete) } | ForEach-Object {
      [System.Management.Automation.CompletionResult]::new($_.Key, $_.Key, 'Command', $_.Value)
    }
  } elseif ($count -lt $point.arguments.Count) {
    Complete-Source $point.arguments[$count]
  }
}
`;
}

function pointEntry(point: CompletionPoint): string {
  const table = (list: readonly (readonly [string, string])[]): string =>
    list.map(([name, text]) => `${quote(name)} = ${quote(text)}`).join("; ");
  const values = point.flags.flatMap((flag) =>
    flag.value === undefined ? [] : [[flag.name, sourceWord(flag.value)] as const],
  );
  return `    ${quote(point.path)} = @{
      commands = [ordered]@{ ${table(point.commands.map(({ name, summary }) => [name, summary] as const))} }
      flags = [ordered]@{ ${table(point.flags.map(({ name, summary }) => [name, summary] as const))} }
      values = @{ ${table(values)} }
      arguments = @(${point.arguments.map((source) => quote(sourceWord(source))).join(", ")})
    }`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
