import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const ROOT = path.join(import.meta.dirname, "../..");
const TSC = path.join(ROOT, "node_modules/typescript/bin/tsc");

/** Compiles a stranger's programs, as strictly as TypeScript can. */
export class StrictCompiler {
  readonly folder = mkdtempSync(path.join(tmpdir(), "hooks-types-"));

  constructor() {
    writeFileSync(path.join(this.folder, "package.json"), '{"type":"module"}');
  }

  /**
   * Throws what the compiler says of these files (name → text). `hooks-relay` is this source tree's library; its files
   * and packages' types are not part of the check.
   */
  async compile(files: Record<string, string>): Promise<void> {
    for (const [name, text] of Object.entries(files)) writeFileSync(path.join(this.folder, name), text);
    const compilerOptions = {
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      noPropertyAccessFromIndexSignature: true,
      verbatimModuleSyntax: true,
      isolatedModules: true,
      erasableSyntaxOnly: true,
      allowImportingTsExtensions: true,
      skipLibCheck: false,
      noEmit: true,
      module: "nodenext",
      target: "es2022",
      lib: ["es2024", "esnext.disposable"],
      types: ["node"],
      typeRoots: [path.join(ROOT, "node_modules/@types")],
      paths: { "hooks-relay": [path.join(ROOT, "src/index.ts")] },
    };
    writeFileSync(
      path.join(this.folder, "tsconfig.json"),
      JSON.stringify({ compilerOptions, files: Object.keys(files) }),
    );
    await run(process.execPath, [TSC, "-p", this.folder]).catch((error: { stdout: string }) => {
      throw new Error(`${error.stdout}\n${Object.values(files)[0]?.slice(0, 20_000)}`);
    });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
