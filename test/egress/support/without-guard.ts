// Set up before each test file of a run in which the egress guard lets everything through (run-without-guard.ts). What it
// would have stopped must not leave this machine all the same.

import dgram from "node:dgram";
import net from "node:net";
import { EgressPolicy } from "../../../src/core/egress/policy.ts";

EgressPolicy.prototype.refusalOf = () => undefined;
EgressPolicy.prototype.refusalOfUrl = () => undefined;

const LOOPBACK = /^(127\.|::1$|localhost$)/;

/** What `connect` is called with is normalised to a list, so both forms are looked at. */
const { connect } = net.Socket.prototype;
net.Socket.prototype.connect = function (this: net.Socket, ...given: unknown[]) {
  const [first, second] = (Array.isArray(given[0]) ? given[0] : given) as unknown[];
  const { host, path } = (typeof first === "object" && first !== null ? first : { host: second }) as {
    host?: unknown;
    path?: unknown;
  };
  if (typeof path === "string" || host === undefined || LOOPBACK.test(String(host))) {
    return Reflect.apply(connect, this, given) as net.Socket;
  }
  return this.destroy(new Error(`the guard is off: ${String(host)} is not reached`));
};

const { connect: connectUdp } = dgram.Socket.prototype;
dgram.Socket.prototype.connect = function (this: dgram.Socket, ...given: unknown[]) {
  if (!LOOPBACK.test(String(given[1]))) throw new Error(`the guard is off: ${String(given[1])} is not asked`);
  Reflect.apply(connectUdp, this, given);
};
const { send } = dgram.Socket.prototype;
dgram.Socket.prototype.send = function (this: dgram.Socket, ...given: unknown[]) {
  const host = given.find((one, at) => at > 0 && typeof one === "string");
  if (host !== undefined && !LOOPBACK.test(String(host)))
    throw new Error(`the guard is off: ${String(host)} is not asked`);
  Reflect.apply(send, this, given);
};
