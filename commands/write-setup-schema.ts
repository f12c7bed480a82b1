// Writes schema/hooks.schema.json anew; a test says when that is due.

import { mkdirSync, writeFileSync } from "node:fs";
import { setupFileSchema } from "../src/receive/schemas/setup-file.ts";

const folder = new URL("../schema/", import.meta.url);
mkdirSync(folder, { recursive: true });
writeFileSync(new URL("hooks.schema.json", folder), `${JSON.stringify(setupFileSchema(), undefined, 2)}\n`);
