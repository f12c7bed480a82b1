import { HooksError } from "../core/errors.ts";

/** Something wrong at a place of a file. */
export interface Fault {
  /** `hooks.yaml:14:10` */
  place: string | undefined;
  field?: string | undefined;
  /** Begins with the field. */
  message: string;
  hint?: string | undefined;
}

const MOST_SHOWN = 20;

/** What is wrong with files: a line for each fault, as compilers write them. */
export class SetupFault extends HooksError {
  constructor(faults: readonly Fault[]) {
    const lines = faults.slice(0, MOST_SHOWN).map(lineOf);
    if (lines.length < faults.length) lines.push(`and ${faults.length - lines.length} more`);
    const [first] = faults;
    super("invalid_request", lines.join("\n  "), {
      field: first?.field ?? first?.place,
      // Of several the lines say it themselves.
      hint: faults.length === 1 ? first?.hint : undefined,
    });
  }
}

function lineOf({ place, message, hint }: Fault, _: number, all: readonly Fault[]): string {
  const advice = 1 < all.length && hint !== undefined ? ` (${hint})` : "";
  return `${place === undefined ? "" : `${place}: `}${message}${advice}`;
}
