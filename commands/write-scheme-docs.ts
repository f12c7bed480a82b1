// Not a command: writes docs/schemes.md anew. `node commands/write-scheme-docs.ts`; a test says when it is due.

import { writeFileSync } from "node:fs";
import path from "node:path";
import { schemeDocs } from "./scheme-docs.ts";

writeFileSync(path.join(import.meta.dirname, "../docs/schemes.md"), schemeDocs());
