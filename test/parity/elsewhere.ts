/**
 * Commands that are not run in both modes, and why: they work on this machine, whatever the server is. A command that is
 * neither here nor in the story fails the suite.
 */
export const LOCAL_ONLY: Readonly<Record<string, string>> = {
  serve: "is the server: its store is a file of its machine",
  backup: "copies the store's file: nobody gets a whole store over HTTP",
  restore: "puts the store's file in place while no daemon runs on it",
  "sub secret": "a whole secret is shown to the owner of the store's file, and never over HTTP",
  "key rotate-master": "seals the store anew under another master key, which no server is ever sent",
  "check idempotency": "sends straight to a URL, with no store: its own tests",
  demo: "works on a temporary store of its own, and looks at no setting",
  "context list": "shows a file of the user",
  "context use": "changes a file of the user",
  "context add": "changes a file of the user",
  "context remove": "changes a file of the user",
  init: "writes files of the folder that it is run in: its own tests",
  login: "asks a server, and changes a file of the user",
};

/** Commands that work in both modes, and that this suite cannot compare; each has tests of its own for both. */
export const NOT_COMPARED: Readonly<Record<string, string>> = {
  hooks: "says where it works: store and daemon, or server",
  status: "says where it works: store and daemon, or server",
  top: "shows rates of the moment, which differ from one side to the other",
  config: "says where each setting comes from, the server among them",
  doctor: "checks file, permissions and daemon, or server and key",
  why: "asks the daemon what holds a delivery back, and says so where none runs: test/e2e/why.test.ts has both modes",
  __complete: "says nothing when it has no answer within 300 ms, which a loaded machine does not promise",
};
