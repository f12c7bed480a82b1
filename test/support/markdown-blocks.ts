/** A fenced block of a Markdown text. */
export interface MarkdownBlock {
  /** `sh`, `ts`, …; empty when the fence names none. */
  language: string;
  text: string;
  /** 1 for the first line of the text. */
  line: number;
}

/** A heading of level 2 with the blocks below it. */
export interface MarkdownSection {
  title: string;
  blocks: MarkdownBlock[];
}

export function sectionsOf(markdown: string): MarkdownSection[] {
  const sections: MarkdownSection[] = [{ title: "", blocks: [] }];
  let open: MarkdownBlock | undefined;
  markdown.split("\n").forEach((line, index) => {
    const section = sections.at(-1);
    if (open !== undefined) {
      if (line === "```") open = undefined;
      else open.text += `${line}\n`;
    } else if (line.startsWith("```")) {
      open = { language: line.slice(3).trim(), text: "", line: index + 2 };
      section?.blocks.push(open);
    } else if (line.startsWith("## ")) {
      sections.push({ title: line.slice(3), blocks: [] });
    }
  });
  if (open !== undefined) throw new Error(`the block that begins in line ${open.line} is not closed`);
  return sections.filter((section) => section.blocks.length > 0);
}
