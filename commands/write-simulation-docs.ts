// Not a command: writes docs/simulations.md anew. `node commands/write-simulation-docs.ts`; a test says when it is due.

import { writeFileSync } from "node:fs";
import path from "node:path";
import { simulationDocs } from "./simulation-docs.ts";

writeFileSync(path.join(import.meta.dirname, "../docs/simulations.md"), await simulationDocs());
