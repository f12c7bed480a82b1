// Reports as test runners write them and CI systems read them: JUnit's XML.

export interface ReportCase {
  /** Groups cases. */
  group: string;
  name: string;
  seconds: number;
  /** What is wrong; undefined: nothing. */
  failure?: string | undefined;
  /** Why it is neither right nor wrong. */
  skipped?: string | undefined;
}

export interface Report {
  name: string;
  /** ISO 8601. */
  startedAt: string;
  seconds: number;
  cases: readonly ReportCase[];
}

/** https://github.com/testmoapp/junitxml describes what the many readers of this format have in common. */
export function junitXml({ name, startedAt, seconds, cases }: Report): string {
  const failures = cases.filter(({ failure }) => failure !== undefined).length;
  const skipped = cases.filter((one) => one.failure === undefined && one.skipped !== undefined).length;
  const counts = `tests="${cases.length}" failures="${failures}" errors="0" skipped="${skipped}"`;
  const totals = `${counts} time="${time(seconds)}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="${escaped(name)}" ${totals}>`,
    `  <testsuite name="${escaped(name)}" ${totals} timestamp="${startedAt}">`,
    ...cases.map(caseXml),
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

function caseXml({ group, name, seconds, failure, skipped }: ReportCase): string {
  const open = `    <testcase classname="${escaped(group)}" name="${escaped(name)}" time="${time(seconds)}"`;
  if (failure !== undefined) return `${open}><failure message="${escaped(failure)}"/></testcase>`;
  return skipped === undefined ? `${open}/>` : `${open}><skipped message="${escaped(skipped)}"/></testcase>`;
}

function time(seconds: number): string {
  return seconds.toFixed(3);
}

const NAMED: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

/** XML 1.0 cannot hold most control characters, not even escaped: they are shown as U+FFFD. */
function escaped(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\u0000-\u001f\u007f-\u009f\ufffe\uffff]/g, "\ufffd")
    .replace(/[&<>"']/g, (character) => NAMED[character]!);
}
