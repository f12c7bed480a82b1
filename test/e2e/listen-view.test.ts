import { execFile } from "node:child_process";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { verify } from "../../src/index.ts";
import { openReceiver } from "../support/open-receiver.ts";
import { HAS_TMUX } from "../support/tmux.ts";
import { Desk } from "./support/listen-terminal.ts";

const WAIT = { timeout: 45_000 };
const LIMIT = 120_000;

/** An executable of the terminal's folder. */
function script(folder: string, name: string, text: string): string {
  const file = path.join(folder, name);
  writeFileSync(file, `#!/bin/sh\n${text}\n`);
  chmodSync(file, 0o755);
  return file;
}

/** Every line fits, and what must be there is: the state in the first lines, the keys in the last. */
function expectSane(screen: string, width: number, height: number): void {
  const lines = screen.replace(/\n$/, "").split("\n");
  expect(lines.length).toBeLessThanOrEqual(height);
  for (const line of lines) expect([...line].length).toBeLessThanOrEqual(width);
  expect(screen).toMatch(/●/);
  expect(lines.at(-1)).toMatch(/q quit/);
}

describe.skipIf(!HAS_TMUX)("hooks listen in a terminal (skipped without tmux)", { timeout: LIMIT }, () => {
  it("lists deliveries, shows their details, and leaves the terminal as it found it", async () => {
    const desk = await Desk.open();
    const line = `echo before; stty -a > stty-before; LISTEN; echo "code $?"; stty -a > stty-after; cmp stty-before stty-after && echo same; sleep 60`;
    const terminal = await desk.listen({ line });
    expect(terminal.fact("alternate_on")).toBe("1");
    expect(await terminal.sees(/waiting for events/)).toContain(`events of development → localhost:${desk.port}/hook`);
    const { id } = await desk.publish("order.paid", { id: "ord_1", amount: 1.1, text: "Grüße 世界" });
    await desk.publish("invoice.paid", { status: 500, answer: "Internal Server Error\nat line 1" });
    const listed = await terminal.sees(/invoice\.paid/, /failed 1/);
    expect(listed).toMatch(new RegExp(`^  \\d\\d:\\d\\d:\\d\\d  200 +\\d+ ms  order\\.paid +${id}$`, "m"));
    expect(listed).toMatch(/^❯ \d\d:\d\d:\d\d {2}500 +\d+ ms {2}invoice\.paid +evt_\w+ {2}Internal Server Error$/m);
    expect(listed).toMatch(/● connected {3}secret whsec_\S{4}…\S{4} {3}events 2 {3}ok 1 {3}failed 1/);
    terminal.press("Up", "Enter");
    const details = await terminal.sees(/^Request/m, /esc back/);
    expect(details).toContain(`order.paid  ${id}`);
    expect(details).toContain(`POST http://localhost:${desk.port}/hook`);
    expect(details).toContain(`webhook-id: ${id}`);
    expect(details).toMatch(/^ {6}"amount": 1\.1,\n {6}"text": "Grüße 世界"$/m);
    terminal.press("End");
    expect(await terminal.sees(/^Response {2}200 in \d+ ms/m)).toMatch(/x-program: desk\n[\s\S]*\n {2}thanks\n/);
    terminal.press("Right");
    await terminal.sees(/^invoice\.paid/m);
    terminal.press("x");
    await terminal.sees(/000000 {2}7b 22 74 79/);
    terminal.press("Escape");
    await terminal.sees(/⏎ inspect/);
    terminal.type("o");
    await terminal.sees(/this server has no dashboard/);
    terminal.press("?");
    await terminal.sees(/^Keys/m, /copy as curl, signed anew/);
    terminal.press("q");
    const after = await terminal.sees(/^same$/m);
    expect(after).toMatch(/^before\n2 events, 1 ok, 1 failed\ncode 0\nsame\n/);
    for (const [fact, value] of [
      ["alternate_on", "0"],
      ["cursor_flag", "1"],
      ["wrap_flag", "1"],
    ] as const) {
      expect([fact, terminal.fact(fact)]).toEqual([fact, value]);
    }
  });

  it("r sends a delivery again, as a further attempt", async () => {
    const desk = await Desk.open();
    const terminal = await desk.listen();
    const { id } = await desk.publish("order.paid", { status: 503 });
    await terminal.sees(/failed 1/);
    terminal.press("r");
    expect(await terminal.sees(/failed 2/, /try 2/)).toMatch(/503 .*try 2 {2}replay/);
    await expect.poll(() => desk.attemptsOf(id), WAIT).toBe(2);
    expect(desk.seen.map(({ headers }) => headers["webhook-id"])).toEqual([id, id]);
  });

  it("e lets a person edit the body, and sends it signed anew under a new id", async () => {
    const desk = await Desk.open();
    const editor = script(
      desk.home,
      "editor",
      `sed -i 's/"amount": 1/"amount": 2/' "$2"; cp "$2" "${desk.home}/edited"`,
    );
    const terminal = await desk.listen({ env: { EDITOR: `${editor} --flag` } });
    const secret = await desk.secret(terminal);
    const { id } = await desk.publish("order.paid", { amount: 1 });
    await terminal.sees(/ok 1/);
    terminal.press("e");
    await terminal.sees(/_e1 {2}edited/);
    await expect.poll(() => desk.seen.length, WAIT).toBe(2);
    const { headers, body } = desk.seen[1]!;
    expect(JSON.parse(body.toString())).toMatchObject({ type: "order.paid", data: { amount: 2 } });
    expect(body.toString()).toBe(readFileSync(path.join(desk.home, "edited"), "utf8").replace(/\n$/, ""));
    expect(headers["webhook-id"]).toBe(`${id}_e1`);
    expect(verify("standard-webhooks", { headers, body }, secret).valid).toBe(true);
    expect(terminal.fact("alternate_on")).toBe("1");
    // The one that was edited is no delivery: the server knows nothing of it, and it is not counted.
    expect(await desk.attemptsOf(id)).toBe(1);
    expect(await terminal.sees(/_e1/)).toMatch(/events 1 /);
  });

  it("e sends nothing that was not changed, and asks before it sends what is no JSON any more", async () => {
    const desk = await Desk.open();
    const changes = path.join(desk.home, "changes");
    writeFileSync(changes, "");
    const editor = script(desk.home, "editor", `sed -i -f '${changes}' "$1"`);
    const terminal = await desk.listen({ env: { VISUAL: editor, EDITOR: "false" } });
    await desk.publish("order.paid", { amount: 1 });
    await terminal.sees(/ok 1/);
    terminal.press("e");
    await terminal.sees(/nothing was changed/);
    writeFileSync(changes, "s/}$//");
    terminal.press("e");
    await terminal.sees(/e edit again .*no JSON: Expected/);
    terminal.press("Escape");
    await terminal.sees(/nothing was sent/);
    terminal.press("e");
    await terminal.sees(/no JSON/);
    terminal.press("s");
    await terminal.sees(/_e1 {2}edited/);
    await expect.poll(() => desk.seen.length, WAIT).toBe(2);
    expect(() => JSON.parse(desk.seen[1]!.body.toString()) as unknown).toThrow();
  });

  it("says so when there is no such editor", async () => {
    const desk = await Desk.open();
    const terminal = await desk.listen({ env: { EDITOR: "no-such-editor" } });
    await desk.publish("order.paid");
    await terminal.sees(/ok 1/);
    terminal.press("e");
    await terminal.sees(/no-such-editor: there is no such program; nothing was sent/, /⏎ inspect/);
  });

  it("c copies a command that sends the same, signed anew: by a program, or by the terminal; C shows it", async () => {
    const desk = await Desk.open();
    const copied = path.join(desk.home, "copied");
    script(desk.home, "xclip", `cat > '${copied}'`);
    const env = { DISPLAY: ":9", PATH: `${desk.home}:${process.env["PATH"] ?? ""}` };
    const terminal = await desk.listen({ env, line: `LISTEN --header 'x-mine: a b'` });
    const secret = await desk.secret(terminal);
    await desk.publish("order.paid", `{"text":"it's \\u001b[31m 'quoted' \\\\ 世界","@":1.10}`);
    await terminal.sees(/ok 1/);
    terminal.press("c");
    await terminal.sees(/the command is copied \(signed anew/);
    await promisify(execFile)("sh", ["-c", readFileSync(copied, "utf8").replace(/^curl/, "curl --silent")]);
    const [first, second] = desk.seen;
    expect(second?.body.toString()).toBe(first?.body.toString());
    expect(second?.url).toBe("/hook");
    expect(second?.headers).toMatchObject({ "x-mine": "a b", "content-type": "application/json" });
    expect(verify("standard-webhooks", second!, secret).valid).toBe(true);
    terminal.press("b");
    await terminal.sees(/the body is copied/);
    expect(readFileSync(copied, "utf8")).toBe(first?.body.toString());
    terminal.press("C");
    const shown = await terminal.sees(/^curl /m, /Enter goes back/);
    expect(shown).toContain("--data-raw");
    expect(terminal.fact("alternate_on")).toBe("0");
    terminal.press("Enter");
    await terminal.sees(/⏎ inspect/);

    // Nobody but the terminal: this one takes what it is given for its own buffer.
    const bare = await desk.listen({ flags: "--session other" });
    bare.set("set-clipboard", "on");
    await desk.publish("invoice.paid");
    await bare.sees(/ok 1/);
    bare.press("c");
    await bare.sees(/if your terminal lets programs copy/);
    expect(bare.buffer()).toMatch(/^curl http:\/\/localhost:\d+\/hook \\\n/);
  });

  it("f filters and / finds as one types, p holds the list still", async () => {
    const desk = await Desk.open();
    const terminal = await desk.listen();
    await desk.publish("order.paid", { note: "needle" });
    await desk.publish("invoice.paid", { status: 404 });
    await desk.publish("order.created");
    await terminal.sees(/order\.created/, /events 3/);
    terminal.type("finv");
    expect(await terminal.sees(/filter: inv▏/, /1 of 3/)).not.toContain("order.");
    terminal.press("Escape");
    await terminal.sees(/order\.created/, /⏎ inspect/);
    terminal.type("f4xx");
    await terminal.sees(/1 of 3/);
    terminal.press("Enter");
    await terminal.until((screen) => !screen.includes("▏") && screen.includes("filter 4xx (1 of 3)"), "the filter");
    terminal.press("Escape");
    await terminal.sees(/order\.created/);
    terminal.type("/needle");
    await terminal.sees(/^❯ .*order\.paid/m);
    terminal.press("Enter", "End");
    terminal.type("p");
    await terminal.sees(/paused, 0 new/);
    await desk.publish("late.one");
    expect(await terminal.sees(/paused, 1 new/, /events 4/)).not.toContain("late.one");
    terminal.type("p");
    await terminal.sees(/^❯ .*late\.one/m);
  });

  it("shows the connection: since when it is away, what was missed, and that it has come", async () => {
    const desk = await Desk.open();
    const terminal = await desk.listen();
    await desk.publish("order.paid");
    const before = await terminal.sees(/ok 1/);
    expect(before).not.toContain("missed");
    await desk.daemon.stop();
    await terminal.sees(/○ reconnecting since \d\d:\d\d:\d\d/);
    terminal.press("r");
    await terminal.sees(/not connected: nothing can be replayed now/);
    desk.hold();
    await desk.publishIntoStore("order.paid", "order.created", "invoice.paid");
    await desk.startDaemon();
    // In the status line, as long as one of them has not come.
    const missed = /^● connected.* {3}missed \d\d:\d\d–\d\d:\d\d, 3 events, replaying {3}/m;
    await terminal.sees(missed, /in hand 3/);
    await desk.release(2);
    expect(await terminal.sees(/ok 3/, /in hand 1/)).toMatch(missed);
    await desk.release(1);
    const after = await terminal.sees(/^● connected.* ok 4/m);
    expect(after.split("\n")[1]).not.toContain("missed");
    terminal.press("l");
    await terminal.sees(/^Messages/m, /connected again/, /missed \d\d:\d\d–\d\d:\d\d, 3 events, replaying/);
  });

  it("says that nothing listens there, when it does again, and when it does no more", async () => {
    const desk = await Desk.open();
    const billing = await openReceiver();
    const { port } = billing;
    await billing.close();
    const terminal = await desk.listen({ flags: `--route 'invoice.*=localhost:${port}'` });
    const absent = `○ nothing on localhost:${port}`;
    expect(await terminal.sees(new RegExp(absent))).toContain(`invoice.* → localhost:${port}`);
    await desk.publish("invoice.paid");
    await terminal.sees(/ERR .*ECONNREFUSED/);
    terminal.press("Enter", "End");
    await terminal.sees(/nothing listens there\. Start your server, then press r\./);
    terminal.press("Escape");
    const back = await openReceiver({ port });
    await terminal.until((screen) => !screen.includes(absent) && screen.includes("⏎ inspect"), "that it is back");
    terminal.press("r");
    await back.request(1);
    await terminal.sees(/204 .*try 2 {2}replay/);
    // Nothing is delivered to it any more: it is noticed all the same.
    await back.close();
    await terminal.sees(new RegExp(absent));
    terminal.press("l");
    await terminal.sees(new RegExp(`localhost:${port} is there[\\s\\S]*nothing listens on localhost:${port}`));
  });

  it("follows the terminal's size, down to 20 columns and 5 lines", async () => {
    const desk = await Desk.open();
    const terminal = await desk.listen();
    await desk.publishMany(40, "order.paid");
    await terminal.sees(/ok 40/);
    for (const [width, height] of [
      [62, 15],
      [40, 9],
      [20, 5],
      [130, 30],
    ] as const) {
      terminal.resize(width, height);
      const screen = await terminal.until((shown) => {
        const last = shown.replace(/\n$/, "").split("\n").at(-1) ?? "";
        return last.includes("q quit") && last.includes("↑↓ select") === 60 <= width;
      }, `${width}×${height}`);
      expectSane(screen, width, height);
      terminal.press("Enter");
      expectSane(await terminal.sees(/esc back/, /●/), width, height);
      terminal.press("Escape");
      await terminal.sees(/\? keys/);
    }
    expect(await terminal.sees(/p pause/)).toMatch(/order\.paid +evt_/);
  });

  it("obeys nothing that an event or an answer says", async () => {
    const desk = await Desk.open();
    const terminal = await desk.listen();
    const hostile = "\x1b]0;owned\x07\x1b[2J\x1b[?1049l\x1b[31m\x9b2J\u202e\r\n\x1bc";
    await desk.publish("order.paid", { status: 500, answer: hostile, [hostile]: hostile });
    const listed = await terminal.sees(/failed 1/, /\\x1b]0;owned/);
    expect(listed).toMatch(/^hooks listen/);
    terminal.press("Enter", "End");
    expectSane(await terminal.sees(/^Response {2}500/m, /\\x1b/), 100, 24);
    expect(terminal.fact("pane_title")).not.toContain("owned");
    expect(terminal.fact("alternate_on")).toBe("1");
  });

  it("keeps its lines where they are, whatever the width of what is shown", async () => {
    const desk = await Desk.open();
    const terminal = await desk.listen({ width: 60, height: 24 });
    const wide = "👩‍👩‍👧 🇩🇪 世界 क्षत्रिय ﷽ e\u0301 \u200d ไทย ".repeat(6);
    await desk.publish("order.paid", { status: 500, answer: wide, text: wide });
    await terminal.sees(/failed 1/);
    for (const keys of [["Enter"], ["End"]]) {
      terminal.press(...keys);
      const screen = await terminal.sees(/esc back/);
      const lines = screen.replace(/\n$/, "").split("\n");
      expect(lines[0]).toMatch(/^hooks listen/);
      expect(lines[1]).toMatch(/^●/);
      expect(lines[2]).toMatch(/^─{60}$/);
      expect(lines[3]).toMatch(/^order\.paid/);
      expect(lines[22]).toMatch(/^─{60}$/);
      expect(lines[23]).toMatch(/^esc back/);
    }
  });

  it("takes what is pasted as a text, and none of its letters as keys", async () => {
    const desk = await Desk.open();
    const terminal = await desk.listen();
    await desk.publish("order.paid");
    await terminal.sees(/ok 1/);
    terminal.paste("q\nq\n");
    terminal.type("f");
    await terminal.sees(/filter: ▏/);
    terminal.paste("order.*\nq");
    await terminal.sees(/filter: order\.\* q▏/);
  });
});
