import type { ListenRow } from "./listen-state.ts";
import type { StyledLine } from "./styled-line.ts";

/** What covers the list: it is read from top to bottom. */
export interface Page {
  kind: "details" | "keys" | "messages";
  /** What the details are about. */
  row?: ListenRow | undefined;
  /** Bytes are shown as such, also those of a text. */
  isHex: boolean;
  /** Lines that are above the first one shown. */
  scroll: number;
  lines: readonly StyledLine[];
}
