import type { Run } from "../support/run-in-process.ts";

/**
 * A run without what differs between any two stores: ids, secrets, moments and durations. Each id becomes a number by
 * the order in which its side came across it first, so two that are mixed up are still seen.
 */
export class Blur {
  readonly #ids = new Map<string, string>();
  readonly #counts = new Map<string, number>();

  run({ code, stdout, stderr }: Run, mode: "people" | "pipe"): Run {
    const shown = mode === "people" ? spaced(this.#text(stdout)) : this.#text(stdout);
    return { code, stdout: shown, stderr: withoutPlace(this.#text(stderr)) };
  }

  #text(text: string): string {
    return text
      .replace(
        /\b(sub|evt|dlv|sec|req|ses|key|aud|bat|tun|rpl|prg|src)_[0-7][0-9a-hjkmnp-tv-z]{25}\b/g,
        (id, kind: string) => this.#number(id, kind),
      )
      .replace(/whsec_[A-Za-z0-9+/]+=*/g, "whsec_SECRET")
      .replace(/whsec_…[A-Za-z0-9+/]{2}/g, "whsec_…HINT")
      .replace(/\bhk_[\w-]{43}(?![\w-])/g, "hk_KEY")
      .replace(/\bhk_[\w-]{4}…[\w-]{2}(?![\w-])/g, "hk_…HINT")
      .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, "TIME")
      .replace(/ now$|\bnow(?= {2})|\b\d+ (ms|s|min|h|d) ago\b|\bin \d+ (ms|s|min|h|d)\b/gm, " SOON")
      .replace(/"(duration_ms|pid|success_rate_at)":\d+/g, '"$1":0')
      .replace(/"(mean|p50|p95|p99|p95_ms)":\d+/g, '"$1":0')
      .replace(/"series":(\[[^\]]*\]|\{[^}]*\})/g, '"series":[]') // its steps may begin between one side and the other
      .replace(/^(p\d\d\s+)\d+( \w+)?$/gm, "$1N")
      .replace(/(\t\d+){3}\t[\d,]*$/gm, "\tN\tN\tN\tSERIES")
      .replace(/(\t(?:0|1|0\.\d+))(\t\d+){3}$/gm, "$1\tN\tN\tN")
      .replace(/[▁▂▃▄▅▆▇█][▁▂▃▄▅▆▇█ ]*$/gm, "BARS")
      .replace(/\b\d+ ms\b/g, "N ms")
      .replace(/^(evt#\d+\t.*\t)\d+$/gm, "$1N") // trigger --wait ends in the duration
      .replace(/^((?:ok|failed)\t.*\t)\d+$/gm, "$1N") // and so does sub test
      .replace(/^(\d+\tTIME\t)\d+(?=\t)/gm, "$1N") // an attempt's comes after its time
      .replace(/(\tattempt\.recorded\t(?:[^\t\n]*\t){7})\d+(?=\t)/g, "$1N") // and in logs after its status
      .replace(/("from":"|\t)(?:cli|127\.0\.0\.1)(?=["\t])/g, "$1FROM") // the audit says where a change came from
      .replace(/ (?:cli|127\.0\.0\.1)(?= |$)/gm, " FROM")
      .replace(/"(webhook-signature|webhook-timestamp|date)","[^"]+"/gi, '"$1","…"')
      .replace(/v1,[A-Za-z0-9+/]{43}=/g, "v1,SIGNATURE");
  }

  #number(id: string, kind: string): string {
    let known = this.#ids.get(id);
    if (known === undefined) {
      const count = (this.#counts.get(kind) ?? 0) + 1;
      this.#counts.set(kind, count);
      known = `${kind}#${count}`;
      this.#ids.set(id, known);
    }
    return known;
  }
}

/** Columns are as wide as their widest cell, which may be a moment. */
function spaced(text: string): string {
  return text.replace(/ {2,}/g, "  ").replace(/ +$/gm, "");
}

/** What only one of the two has to say: where it works, and what only the owner of a file can still do. */
function withoutPlace(text: string): string {
  return (
    text
      .replace(/\bhooks (--(server|api-key-file|store) \S+ )+/g, "hooks ")
      // Over HTTP it is sealed.
      .replace(/(--cursor |"next_cursor":")[\w-]+/g, "$1CURSOR")
      // The same of a command line that is said again.
      .replace(/ --(server|api-key) \S+(?=[^\n]* --yes)/g, "")
      .replace(/\bhooks login \S+ /g, "hooks login URL ")
      .replace(/(?<=note: the secret was not printed).*/g, "")
  );
}
