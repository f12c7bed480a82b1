const SECTION = /<!-- bench -->[\s\S]*<!-- \/bench -->/;

/** The README with these figures between its two bench comments. @throws when it has none */
export function withBenchSection(readme: string, figures: string): string {
  if (!SECTION.test(readme)) throw new Error("README.md has no <!-- bench --> … <!-- /bench -->");
  return readme.replace(SECTION, () => `<!-- bench -->\n${figures.trim()}\n<!-- /bench -->`);
}
