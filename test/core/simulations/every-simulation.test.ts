import { describe, expect, it } from "vitest";
import { verify } from "../../../src/core/signing/verify.ts";
import { findSimulation } from "../../../src/core/simulations/catalogue.ts";
import { schemesOf } from "../../../src/core/simulations/sign-event.ts";
import { NOW, PROVIDERS, type Simulated, simulate, simulateAll, URL } from "./support/simulated.ts";

const ALL = simulateAll();

function verdictOf({ provider, lower, secret, check }: Simulated, body: string, key = check) {
  const request = { headers: lower, body, method: "POST", url: URL };
  const [scheme = ""] = schemesOf(provider, secret);
  return verify(scheme, request, key, { now: NOW / 1000 });
}

describe.each(ALL.map((made) => [made.name, made] as const))("%s", (_, made) => {
  it("is signed as its scheme wants", () => {
    expect(verdictOf(made, made.body)).toMatchObject({ valid: true });
  });

  it("is refused when a byte of the body changes, and with another secret", () => {
    const { provider, body } = made;
    if (schemesOf(provider, made.secret)[0] === "gitlab-token") return;
    const at = body.search(/[a-z](?=[a-z])/);
    const changed = body.slice(0, at) + (body[at] === "q" ? "z" : "q") + body.slice(at + 1);
    expect(changed).not.toBe(body);
    expect(verdictOf(made, changed)).toMatchObject({ valid: false });
    expect(verdictOf(made, body, otherKey(made))).toMatchObject({ valid: false, reason: "signature_mismatch" });
  });

  it("is the same for the same seed and moment, and new for another seed", () => {
    const { provider, simulation } = made;
    const again = simulate(provider, simulation);
    expect(again.body).toBe(made.body);
    // Signatures of ECDSA differ each time.
    if (provider.keyPair !== "p256") expect(again.headers).toEqual(made.headers);
    const other = simulate(provider, simulation, { seed: "others" });
    expect(other.event.id).not.toBe(made.event.id);
    expect(other.body).not.toBe(made.body);
  });

  it("tells of the moment that it is made at", () => {
    const { provider, simulation } = made;
    const later = simulate(provider, simulation, { now: NOW + 40 * 86_400_000 });
    // Messages of Twilio have no time in them.
    if (provider.name !== "twilio") expect([later.body, later.headers]).not.toEqual([made.body, made.headers]);
    expect(later.body).not.toMatch(/undefined|\[object |NaN|Invalid Date/);
  });

  it("has headers that HTTP takes, a content type and a sender", () => {
    for (const [name, value] of Object.entries(made.headers)) {
      expect(name).toMatch(/^[A-Za-z0-9-]+$/);
      expect(value).toMatch(/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/);
    }
    expect(made.lower["content-type"]).toMatch(/^application\/(json|x-www-form-urlencoded)/);
    if (made.provider.name !== "twitch") expect(made.lower["user-agent"]).toMatch(/\w/);
  });

  it("is found by each of its names, in whatever case", async () => {
    const { provider, simulation } = made;
    for (const name of [simulation.type, simulation.type.toUpperCase(), ...(simulation.aliases ?? [])]) {
      expect(await findSimulation(`${provider.name}:${name}`)).toMatchObject({ simulation });
    }
  });
});

function otherKey({ provider, check }: Simulated): string {
  if (provider.keyPair === "ed25519") return "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
  if (provider.keyPair === "p256") {
    return "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g==";
  }
  return check.startsWith("whsec_") ? `whsec_${Buffer.alloc(32, 8).toString("base64")}` : `${check}x`;
}

describe("the catalogue of simulations", () => {
  it("has the common events of fourteen providers", () => {
    const counts = Object.fromEntries(PROVIDERS.map(({ name, simulations }) => [name, simulations.length]));
    expect(Object.keys(counts)).toHaveLength(14);
    expect(counts["stripe"]).toBeGreaterThanOrEqual(25);
    expect(counts["github"]).toBeGreaterThanOrEqual(15);
    for (const [name, count] of Object.entries(counts)) expect(count, name).toBeGreaterThanOrEqual(3);
    expect(ALL.length).toBeGreaterThan(250);
  });

  it("has no name twice", () => {
    for (const { simulations } of PROVIDERS) {
      const names = simulations
        .flatMap(({ type, aliases = [] }) => [type, ...aliases])
        .map((name) => name.toLowerCase());
      expect(names).toEqual([...new Set(names)]);
    }
  });

  it.each([
    ["stripe:invoice.payed", "stripe:invoice.paid"],
    ["github:pull_request.open", "github:pull_request.opened"],
    ["slak:message", "slack:message"],
    ["shopify:order/create", "shopify:orders/create"],
  ])("suggests for %s: %s", async (name, near) => {
    expect(await findSimulation(name)).toMatchObject({ near });
  });

  it("suggests nothing where nothing is near", async () => {
    expect(await findSimulation("acme:order.paid")).toEqual({ provider: undefined, near: undefined });
    expect(await findSimulation("stripe:")).toMatchObject({ provider: { name: "stripe" }, near: undefined });
  });
});
