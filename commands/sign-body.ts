import { randomBytes } from "node:crypto";
import type { CliContext } from "../src/cli/context.ts";
import { jsonLine } from "../src/cli/escape.ts";
import { HooksError } from "../src/core/errors.ts";
import { formatId } from "../src/core/ids.ts";
import type { SignedMessage } from "../src/core/signing/options.ts";
import { signMessage } from "../src/core/signing/sign.ts";
import type { SignCommandOptions } from "./sign.ts";
import { readBytes, readScheme, readSeconds, readSecrets } from "./signing-inputs.ts";

/** @throws HooksError `usage` when the body, a secret or a value cannot be used. */
export async function signBody(options: SignCommandOptions, context: CliContext): Promise<void> {
  const scheme = await readScheme(options, context);
  const timestamp =
    options.timestamp === undefined ? context.now() / 1000 : readSeconds("--timestamp", options.timestamp);
  const secrets = await readSecrets(options, context);
  const body = await readBytes("the body", options.body, context);
  const id = options.id ?? formatId("msg", randomBytes(16));
  const { method, url, keyId } = options;

  let signed: SignedMessage;
  try {
    signed = signMessage(scheme, { body, method, url }, secrets, { id, timestamp, keyId });
  } catch (error) {
    // What `sign` calls a caller's mistake was written on the command line.
    if (error instanceof TypeError) {
      const message = error.message.replace(/request\.(url|method) is needed/, "give it with --$1");
      throw new HooksError("usage", message, { cause: error });
    }
    throw error;
  }
  print(signed, scheme.scheme.name, options.output, context);
}

function print(
  signed: SignedMessage,
  scheme: string,
  output: SignCommandOptions["output"],
  { out }: Pick<CliContext, "out">,
): void {
  const inBody = signed.body !== undefined;
  switch (output ?? (out.mode === "json" ? "json" : inBody ? "body" : "headers")) {
    case "headers":
      if (inBody) {
        throw new HooksError("usage", `${scheme} puts the signature into the body: there are no headers to print`, {
          field: "--output",
          hint: "--output body prints the signed body, --output value the signature alone",
        });
      }
      for (const [name, value] of Object.entries(signed.headers)) out.print(`${name}: ${value}`);
      return;
    case "body":
      if (signed.body === undefined) {
        throw new HooksError("usage", `${scheme} does not change the body: its signature stands in headers`, {
          field: "--output",
        });
      }
      // No line break behind it: `hooks sign … | curl --data-binary @-` sends exactly what was signed.
      out.write(signed.body);
      return;
    case "json":
      out.print(jsonLine(inBody ? { headers: signed.headers, body: signed.body } : signed.headers));
      return;
    case "value":
      out.print(signed.signature);
  }
}
