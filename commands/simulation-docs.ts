// The text of docs/simulations.md: what `hooks trigger` can send in the name of a provider, from the records.

import { loadProvider } from "../src/core/simulations/catalogue.ts";
import type { BodyStyle, Provider } from "../src/core/simulations/provider.ts";
import { PROVIDER_NAMES } from "../src/core/simulations/provider-names.ts";

/** The whole page. */
export async function simulationDocs(): Promise<string> {
  const providers = await Promise.all(PROVIDER_NAMES.map(loadProvider));
  return `${[HEAD, ...providers.map(section)].join("\n\n")}\n`;
}

const HEAD = `# Events of providers

<!-- Made from the records in src/core/simulations by \`node commands/write-simulation-docs.ts\`. -->

\`hooks trigger PROVIDER:EVENT --to URL --secret env:NAME\` sends an event as the provider does: its headers, the shape and the
spelling of its bodies, new ids and times that fit each other, and its signature. No account is needed, and no network but to
the URL. It exits 0 when every answer is a 2xx, and what a handshake needs.

- \`--set PATH=VALUE\` changes or adds a value anywhere in the body before it is signed: \`--set data.object.amount_paid=500\`,
  \`--set commits[0].message=x\`; in a form, a field. \`--data JSON|@FILE|-\` replaces the object that the event tells of, or the
  whole body where it has all of its fields: so a captured event is signed anew.
- \`--header 'name: value'\` adds a header or replaces one, but for those of the signature. \`--count\` and \`--rate\` send more.
- \`--dry-run\` prints the request instead: as it goes over the wire (for \`hooks verify --request -\`), \`--as curl\` or \`--as body\`.
- \`--seed NUMBER\` and \`--timestamp SECONDS\` make the same event each time.
- Where the provider signs the URL that it calls, \`--url\` names it if it is not that of \`--to\`.
- Providers that sign with a private key need no \`--secret\`: a new pair is made, and the public key is printed.
  \`--secret-out FILE\` keeps the private one, for \`--secret @FILE\`.
- \`hooks trigger --list\` names all of them, \`hooks trigger --list stripe\` those of one.`;

function section(provider: Provider): string {
  const { title, name, docs, secret, keyPair, patienceMs, dataPath, style, notes = [], simulations } = provider;
  const rows: [string, string | undefined][] = [
    ["documentation", `<${docs}>`],
    ["signature", signature(provider)],
    ["`--secret`", keyPair === undefined ? secret : `${secret}; made when it is not given`],
    ["`--data` replaces", dataPath.length === 0 ? "the body" : code(dataPath.join("."))],
    ["body", STYLES[style]],
    ["waits for an answer", patienceMs === undefined ? undefined : `${patienceMs / 1000} s`],
  ];
  const about = rows.flatMap(([label, value]) => (value === undefined ? [] : [`| ${label} | ${value} |`]));
  const events = simulations.map(({ type, aliases = [], title }) => {
    const also = aliases.length === 0 ? "" : ` (${aliases.map(code).join(", ")})`;
    return `| ${code(`${name}:${type}`)}${also} | ${title} |`;
  });
  return [
    `## ${title}`,
    ["| | |", "|---|---|", ...about].join("\n"),
    ...notes,
    ["| event | when |", "|---|---|", ...events].join("\n"),
  ].join("\n\n");
}

function signature({ schemes, signatureHeaders }: Provider): string {
  const names = typeof schemes === "function" ? [...schemes("whsec_"), ...schemes("")] : schemes;
  return `${names.map((name) => `[${name}](schemes.md)`).join(", ")}: ${signatureHeaders.map(code).join(", ")}`;
}

const STYLES: Readonly<Record<BodyStyle, string>> = {
  compact: "JSON on one line",
  pretty: "JSON over several lines, indented by two blanks",
  php: "JSON on one line, with `/` and what is not ASCII escaped",
  html: "JSON on one line, with `<`, `>` and `&` escaped",
  lines: "a JSON list, an entry a line, each line ended by CR LF",
  form: "a form",
  "php-form": "a form",
};

function code(text: string): string {
  return `\`${text}\``;
}
