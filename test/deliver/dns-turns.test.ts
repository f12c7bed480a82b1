import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LookupTurns, type Pace } from "../../src/deliver/dns/lookup-turns.ts";

/** Turns that have started, and who started them. */
function desk() {
  const turns = new LookupTurns();
  const running = new Set<string>();
  const made = new Map<string, { pace: Pace; start: () => void }>();
  const ask = (name: string, pace: Pace) => {
    const turn = { pace, start: () => void running.add(name) };
    made.set(name, turn);
    turns.wait(turn);
  };
  const end = (name: string) => {
    running.delete(name);
    turns.end(made.get(name)!);
  };
  const leave = (name: string) => turns.leave(made.get(name)!);
  return { running, ask, end, leave };
}

describe("turns of look-ups", () => {
  it("slow and unknown names never hold them all: a quick one starts at once", () => {
    const { running, ask } = desk();
    for (let n = 0; n < 1_000; n++) ask(`slow${n}`, "slow");
    for (let n = 0; n < 1_000; n++) ask(`new${n}`, "unknown");
    expect(running.size).toBe(24);
    for (let n = 0; n < 8; n++) ask(`quick${n}`, "quick");
    expect(running.size).toBe(32);
    expect(running).toContain("quick7");
  });

  it("without knowing who is slow, they would: a name of the same pace waits until one ends", () => {
    const { running, ask, end } = desk();
    for (let n = 0; n < 32; n++) ask(`dead${n}`, "quick");
    ask("healthy", "quick");
    expect(running).not.toContain("healthy");
    end("dead0");
    expect(running).toContain("healthy");
  });

  it("slow names do not keep new ones waiting, nor new ones slow ones", () => {
    const { running, ask } = desk();
    for (let n = 0; n < 100; n++) ask(`slow${n}`, "slow");
    ask("new", "unknown");
    expect(running).toContain("new");
    const other = desk();
    for (let n = 0; n < 100; n++) other.ask(`new${n}`, "unknown");
    other.ask("slow", "slow");
    expect(other.running).toContain("slow");
  });

  it("who leaves before the turn comes is not started", () => {
    const { running, ask, end, leave } = desk();
    for (let n = 0; n < 8; n++) ask(`slow${n}`, "slow");
    ask("leaves", "slow");
    ask("stays", "slow");
    leave("leaves");
    end("slow0");
    expect(running).not.toContain("leaves");
    expect(running).toContain("stays");
  });

  it("whatever comes and goes, at most 32 run, and nobody is forgotten", () => {
    const pace = fc.constantFrom<Pace>("quick", "unknown", "slow");
    fc.assert(
      fc.property(fc.array(fc.option(pace)), (steps) => {
        const { running, ask, end } = desk();
        let asked = 0;
        let ended = 0;
        const endOne = () => {
          const [name] = running;
          if (name === undefined) return false;
          end(name);
          ended += 1;
          return true;
        };
        for (const step of steps) {
          if (step === null) endOne();
          else ask(`${asked++}`, step);
          expect(running.size).toBeLessThanOrEqual(32);
        }
        while (endOne()) expect(running.size).toBeLessThanOrEqual(32);
        expect(ended).toBe(asked);
      }),
    );
  });
});
