// The table of all commands, in the order of help: one list, so that nothing of a command is loaded to know of it.

import type { CommandTable, GroupEntry } from "../src/cli/command-table.ts";
import { EVENT_TYPE } from "./event-type/commands.ts";
import { SOURCE } from "./source/commands.ts";

const SUB: GroupEntry = {
  name: "sub",
  summary: "Manage subscriptions",
  commands: [
    {
      name: "create",
      summary: "Register a URL that receives events",
      load: async () => (await import("./sub/create.ts")).subCreateCommand,
    },
    { name: "list", summary: "List subscriptions", load: async () => (await import("./sub/list.ts")).subListCommand },
    { name: "get", summary: "Show one subscription", load: async () => (await import("./sub/get.ts")).subGetCommand },
    {
      name: "update",
      summary: "Change a subscription",
      load: async () => (await import("./sub/update.ts")).subUpdateCommand,
    },
    {
      name: "delete",
      summary: "Delete a subscription",
      load: async () => (await import("./sub/delete.ts")).subDeleteCommand,
    },
    {
      name: "enable",
      summary: "Let a subscription receive events again",
      load: async () => (await import("./sub/switch.ts")).subEnableCommand,
    },
    {
      name: "disable",
      summary: "Stop a subscription from collecting events",
      load: async () => (await import("./sub/switch.ts")).subDisableCommand,
    },
    {
      name: "pause",
      summary: "Collect events, and send none for now",
      load: async () => (await import("./sub/switch.ts")).subPauseCommand,
    },
    {
      name: "resume",
      summary: "Send what was collected while paused",
      load: async () => (await import("./sub/switch.ts")).subResumeCommand,
    },
    {
      name: "test",
      summary: "Send one test request to a subscription",
      load: async () => (await import("./sub/test.ts")).subTestCommand,
    },
    {
      name: "filter-test",
      summary: "Say whether an event gets through a filter, and why",
      load: async () => (await import("./sub/filter-test.ts")).subFilterTestCommand,
    },
    {
      name: "rotate-secret",
      summary: "Give a subscription a new signing secret",
      load: async () => (await import("./sub/rotate-secret.ts")).subRotateSecretCommand,
    },
    {
      name: "secret",
      summary: "Print the signing secret (local store only)",
      load: async () => (await import("./sub/secret.ts")).subSecretCommand,
    },
    {
      name: "health",
      summary: "Show how a subscription's deliveries go",
      load: async () => (await import("./sub/health.ts")).subHealthCommand,
    },
  ],
};

const EVENT: GroupEntry = {
  name: "event",
  summary: "List, inspect and replay events",
  commands: [
    { name: "list", summary: "List events", load: async () => (await import("./event/list.ts")).eventListCommand },
    {
      name: "get",
      summary: "Show one event with its deliveries",
      load: async () => (await import("./event/get.ts")).eventGetCommand,
    },
    {
      name: "replay",
      summary: "Send one event again",
      load: async () => (await import("./event/replay.ts")).eventReplayCommand,
    },
  ],
};

const DELIVERY: GroupEntry = {
  name: "delivery",
  summary: "List, inspect and retry deliveries",
  commands: [
    {
      name: "list",
      summary: "List deliveries",
      load: async () => (await import("./delivery/list.ts")).deliveryListCommand,
    },
    {
      name: "get",
      summary: "Show one delivery with its attempts",
      load: async () => (await import("./delivery/get.ts")).deliveryGetCommand,
    },
    {
      name: "retry",
      summary: "Try a delivery again now",
      load: async () => (await import("./delivery/retry.ts")).deliveryRetryCommand,
    },
    {
      name: "cancel",
      summary: "Give a waiting delivery up",
      load: async () => (await import("./delivery/cancel.ts")).deliveryCancelCommand,
    },
  ],
};

const ALERT: GroupEntry = {
  name: "alert",
  summary: "See what is wrong, and what was",
  commands: [
    { name: "list", summary: "List alerts", load: async () => (await import("./alert/list.ts")).alertListCommand },
  ],
};

const DLQ: GroupEntry = {
  name: "dlq",
  summary: "Look after dead letters: deliveries that failed for good",
  commands: [
    { name: "list", summary: "List dead letters", load: async () => (await import("./dlq/list.ts")).dlqListCommand },
    {
      name: "replay",
      summary: "Send dead letters again",
      load: async () => (await import("./dlq/replay.ts")).dlqReplayCommand,
    },
    {
      name: "purge",
      summary: "Delete dead letters",
      load: async () => (await import("./dlq/purge.ts")).dlqPurgeCommand,
    },
  ],
};

const KEY: GroupEntry = {
  name: "key",
  summary: "Manage API keys, and the master key",
  commands: [
    { name: "create", summary: "Make a key", load: async () => (await import("./key/create.ts")).keyCreateCommand },
    { name: "list", summary: "List keys", load: async () => (await import("./key/list.ts")).keyListCommand },
    { name: "get", summary: "Show one key", load: async () => (await import("./key/get.ts")).keyGetCommand },
    { name: "revoke", summary: "End a key", load: async () => (await import("./key/revoke.ts")).keyRevokeCommand },
    {
      name: "rotate-master",
      summary: "Change the key that seals the secrets of the store",
      load: async () => (await import("./key/rotate-master.ts")).keyRotateMasterCommand,
    },
  ],
};

const CHECK: GroupEntry = {
  name: "check",
  summary: "Try how a program takes webhooks",
  commands: [
    {
      name: "idempotency",
      summary: "Send each event twice and compare the answers",
      load: async () => (await import("./check/idempotency.ts")).checkIdempotencyCommand,
    },
  ],
};

const TENANT: GroupEntry = {
  name: "tenant",
  summary: "Manage organisations",
  commands: [
    {
      name: "create",
      summary: "Register an organisation",
      load: async () => (await import("./tenant/create.ts")).tenantCreateCommand,
    },
    {
      name: "list",
      summary: "List organisations",
      load: async () => (await import("./tenant/list.ts")).tenantListCommand,
    },
    {
      name: "get",
      summary: "Show one organisation",
      load: async () => (await import("./tenant/get.ts")).tenantGetCommand,
    },
    {
      name: "update",
      summary: "Change an organisation",
      load: async () => (await import("./tenant/update.ts")).tenantUpdateCommand,
    },
    {
      name: "delete",
      summary: "Delete an organisation",
      load: async () => (await import("./tenant/delete.ts")).tenantDeleteCommand,
    },
  ],
};

const ENV: GroupEntry = {
  name: "env",
  summary: "Show and change what is set for an environment",
  commands: [
    {
      name: "get",
      summary: "Show what is set",
      load: async () => (await import("./env/get.ts")).envGetCommand,
    },
    {
      name: "update",
      summary: "Change what is set",
      load: async () => (await import("./env/update.ts")).envUpdateCommand,
    },
  ],
};

const CONTEXT: GroupEntry = {
  name: "context",
  summary: "Choose the server that commands work on",
  commands: [
    {
      name: "list",
      summary: "List the servers that are known",
      load: async () => (await import("./context/list.ts")).contextListCommand,
    },
    {
      name: "use",
      summary: "Work on another server, or on this machine",
      load: async () => (await import("./context/use.ts")).contextUseCommand,
    },
    {
      name: "add",
      summary: "Keep a server and its key under a name",
      load: async () => (await import("./context/add.ts")).contextAddCommand,
    },
    {
      name: "remove",
      summary: "Forget a server and its key",
      load: async () => (await import("./context/remove.ts")).contextRemoveCommand,
    },
  ],
};

/** Every command, in help order. Nothing here is loaded before it is selected. */
export const COMMANDS: CommandTable = {
  summary: "Send, receive and debug webhooks.",
  home: {
    name: "hooks",
    summary: "What it is and how it stands",
    load: async () => (await import("./home.ts")).homeCommand,
  },
  examples: [
    "hooks listen --forward localhost:3000/webhooks",
    "hooks trigger order.paid",
    "hooks sub create --url https://example.com/hook --event 'order.*'",
  ],
  sections: [
    {
      title: "Develop",
      commands: [
        {
          name: "listen",
          summary: "Forward webhooks to your local server",
          endsBySignal: true,
          load: async () => (await import("./listen.ts")).listenCommand,
        },
        {
          name: "trigger",
          summary: "Send a test event",
          load: async () => (await import("./trigger.ts")).triggerCommand,
        },
        {
          name: "replay",
          summary: "Send past deliveries again",
          load: async () => (await import("./replay.ts")).replayCommand,
        },
        {
          name: "why",
          summary: "Say why an event was delivered, or was not",
          load: async () => (await import("./why.ts")).whyCommand,
        },
        { name: "sign", summary: "Sign a payload", load: async () => (await import("./sign.ts")).signCommand },
        {
          name: "verify",
          summary: "Check a webhook signature",
          load: async () => (await import("./verify.ts")).verifyCommand,
        },
        CHECK,
        {
          name: "logs",
          summary: "Show attempts, also as they happen",
          endsBySignal: true,
          load: async () => (await import("./logs.ts")).logsCommand,
        },
        {
          name: "demo",
          summary: "Watch the whole story in half a minute",
          endsBySignal: true,
          load: async () => (await import("./demo.ts")).demoCommand,
        },
      ],
    },
    {
      title: "Manage",
      commands: [
        SUB,
        EVENT,
        EVENT_TYPE,
        {
          name: "publish",
          summary: "Publish events",
          load: async () => (await import("./publish.ts")).publishCommand,
        },
        SOURCE,
        DELIVERY,
        DLQ,
      ],
    },
    {
      title: "Operate",
      commands: [
        {
          name: "serve",
          summary: "Run the relay server",
          endsBySignal: true,
          load: async () => (await import("./serve.ts")).serveCommand,
        },
        {
          name: "status",
          summary: "Show what runs and what waits",
          load: async () => (await import("./status.ts")).statusCommand,
        },
        {
          name: "top",
          summary: "Watch what is sent and what waits",
          endsBySignal: true,
          load: async () => (await import("./top.ts")).topCommand,
        },
        {
          name: "stats",
          summary: "Show what attempts came to, and how long they took",
          load: async () => (await import("./stats.ts")).statsCommand,
        },
        ALERT,
        KEY,
        TENANT,
        ENV,
        {
          name: "audit",
          summary: "Show who changed what",
          load: async () => (await import("./audit.ts")).auditCommand,
        },
        {
          name: "purge",
          summary: "Erase events for good",
          endsBySignal: true,
          load: async () => (await import("./purge.ts")).purgeCommand,
        },
        {
          name: "backup",
          summary: "Copy the store into one file, while it is used",
          endsBySignal: true,
          load: async () => (await import("./backup.ts")).backupCommand,
        },
        {
          name: "restore",
          summary: "Put a backup in the place of the store",
          endsBySignal: true,
          load: async () => (await import("./restore.ts")).restoreCommand,
        },
      ],
    },
    {
      title: "Set up",
      commands: [
        {
          name: "init",
          summary: "Write this project's hooks.config.json",
          load: async () => (await import("./init.ts")).initCommand,
        },
        {
          name: "apply",
          summary: "Make an environment what files say",
          load: async () => (await import("./apply.ts")).applyCommand,
        },
        {
          name: "export",
          summary: "Write an environment down as such a file",
          load: async () => (await import("./export.ts")).exportCommand,
        },
        {
          name: "login",
          summary: "Sign in to a server",
          load: async () => (await import("./login.ts")).loginCommand,
        },
        CONTEXT,
        {
          name: "config",
          summary: "Show each setting and where it comes from",
          load: async () => (await import("./config.ts")).configCommand,
        },
        {
          name: "completion",
          summary: "Print a shell completion script",
          load: async () => (await import("./completion.ts")).completionCommand,
        },
        {
          name: "doctor",
          summary: "Check this installation",
          load: async () => (await import("./doctor.ts")).doctorCommand,
        },
        {
          name: "__complete",
          summary: "Answer the completion scripts",
          hidden: true,
          load: async () => (await import("./complete.ts")).completeCommand,
        },
      ],
    },
  ],
};
