import { describe, expect, it } from "vitest";
import { addressOf, classify, shortageOf } from "../../src/deliver/send-errors.ts";

const error = (code: string, address?: string) => Object.assign(new Error("quoted: secret"), { code, address });

describe("what a code means", () => {
  it("depends on the phase: a refused connection is the name server's or the receiver's", () => {
    expect(classify(error("ECONNREFUSED"), "dns", false, false)).toEqual({
      code: "dns_failed",
      message: "no name server could be reached (ECONNREFUSED)",
    });
    expect(classify(error("ECONNREFUSED"), "connect", false, false)).toMatchObject({ code: "refused" });
    expect(classify(error("ENOWHAT"), "dns", false, false)).toMatchObject({ code: "dns_failed" });
  });

  it.each(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"])("%s on a kept connection says so", (code) => {
    const kept = classify(error(code), "headers", true, true);
    expect(kept).toMatchObject({ code: "reset", message: expect.stringContaining("that it had kept open") });
    expect(classify(error(code), "headers", true, false).message).not.toContain("kept open");
  });

  it("never quotes a message", () => {
    for (const code of ["", "EWHAT", "HPE_INVALID", "ERR_SSL_X", "ECONNRESET"]) {
      expect(classify(error(code), "headers", true, true).message).not.toContain("secret");
    }
  });
});

describe("a shortage of this machine", () => {
  it.each(["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"])("is %s, wherever it was to connect to", (code) => {
    expect(shortageOf(error(code))).toBe(code);
    expect(shortageOf(error(code, "::1"))).toBe(code);
  });

  it("is to have no port left, which IPv6 that is not there looks like, but is not", () => {
    expect(shortageOf(error("EADDRNOTAVAIL", "127.0.0.1"))).toBe("EADDRNOTAVAIL");
    expect(shortageOf(error("EADDRNOTAVAIL", "::1"))).toBeUndefined();
    expect(shortageOf(error("EADDRNOTAVAIL"))).toBeUndefined();
  });

  it("is to have lost the address to send from, which is not the receiver's", () => {
    for (const address of ["10.0.0.7", "2001:db8::7"]) {
      const lost = Object.assign(error("EADDRNOTAVAIL", address), { syscall: "bind" });
      expect(shortageOf(lost)).toBe("EADDRNOTAVAIL");
      expect(addressOf(lost)).toBeUndefined();
      expect(addressOf(error("EADDRNOTAVAIL", address))).toBe(address);
    }
  });

  it.each(["ECONNREFUSED", "ENETUNREACH", "ENOTFOUND", ""])("is not %s", (code) => {
    expect(shortageOf(error(code, "127.0.0.1"))).toBeUndefined();
  });
});
