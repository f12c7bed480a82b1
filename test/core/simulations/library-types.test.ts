import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ProviderName } from "../../../src/core/simulations/provider-names.ts";
import { type Simulated, simulateAll } from "./support/simulated.ts";

// The bodies against the types that providers' libraries have for them: the compiler is asked whether each is one.

const root = path.join(import.meta.dirname, "../../..");

interface TypedProvider {
  imports: string;
  /** Its types are of older examples, or say nothing of null. */
  isLoose?: boolean;
  /** The type of a body; undefined: the library has none for it. */
  type(made: Simulated): string | undefined;
}

function field(made: Simulated, name: string): string {
  return JSON.stringify((made.json as Record<string, unknown>)[name]);
}

function pascal(text: string): string {
  return text.replace(/(^|[._-])([a-z])/g, (_, __, letter: string) => letter.toUpperCase());
}

const LINEAR_TYPES = ["Issue", "Comment", "Project", "ProjectUpdate", "Cycle", "IssueLabel", "Reaction"];
const TWITCH_TYPES: Record<string, string> = {
  "channel.follow": "EventSubChannelFollow",
  "channel.subscribe": "EventSubChannelSubscription",
  "channel.subscription.end": "EventSubChannelSubscriptionEnd",
  "channel.subscription.gift": "EventSubChannelSubscriptionGift",
  "channel.subscription.message": "EventSubChannelSubscriptionMessage",
  "channel.cheer": "EventSubChannelCheer",
  "channel.raid": "EventSubChannelRaid",
  "channel.update": "EventSubChannelUpdate",
  "stream.online": "EventSubStreamOnline",
  "stream.offline": "EventSubStreamOffline",
  "channel.ban": "EventSubChannelBan",
  "channel.chat.message": "EventSubChannelChatMessage",
  "channel.poll.begin": "EventSubChannelPollBegin",
  "channel.channel_points_custom_reward_redemption.add": "EventSubChannelRedemptionAdd",
  "channel.hype_train.begin": "EventSubChannelHypeTrainBeginV2",
  "user.update": "EventSubUserUpdate",
};
const GITLAB_TYPES: Record<string, string> = {
  push: "PushEvent",
  tag_push: "TagPushEvent",
  issue: "IssueEvent",
  merge_request: "MergeRequestEvent",
  note: "NoteEvent",
  pipeline: "PipelineEvent",
  wiki_page: "WikiPageEvent",
  release: "ReleaseEvent",
  emoji: "EmojiEvent",
};
const PADDLE = "./node_modules/@paddle/paddle-node-sdk/dist/types/notifications/types";
const PADDLE_TYPES: Record<string, string> = {
  transaction: "ITransactionNotificationResponse",
  subscription: "ISubscriptionNotificationResponse",
  customer: "ICustomerNotificationResponse",
  address: "IAddressNotificationResponse",
  business: "IBusinessNotificationResponse",
  product: "IProductNotificationResponse",
  price: "IPriceNotificationResponse",
  discount: "IDiscountNotificationResponse",
  payment_method: "IPaymentMethodNotificationResponse",
  payout: "IPayoutNotificationResponse",
};

const TYPED: Partial<Record<ProviderName, TypedProvider>> = {
  stripe: {
    imports: 'import type { Stripe } from "stripe";',
    type: (made) => `Extract<Stripe.Event, { type: ${field(made, "type")} }>`,
  },
  gitlab: {
    isLoose: true,
    imports: 'import type * as G from "gitlab-event-types";',
    type: (made) => {
      const name = GITLAB_TYPES[String((made.json as Record<string, unknown>)["object_kind"])];
      return name === undefined ? undefined : `G.${name}`;
    },
  },
  slack: {
    isLoose: true,
    imports: 'import type * as Bolt from "@slack/bolt";\nimport type { SlackEvent } from "@slack/types";',
    type: (made) => {
      const { json, simulation } = made;
      const { event, payload } = json as { event?: { type: string; subtype?: string }; payload?: { type: string } };
      if (event !== undefined) {
        const subtype = event.type === "message" ? `, { subtype: ${JSON.stringify(event.subtype)} }` : "";
        const one = `Extract<SlackEvent, { type: "${event.type}" }>`;
        return `Omit<Bolt.EnvelopedEvent, "event"> & { event: ${subtype === "" ? one : `Extract<${one}${subtype}>`} }`;
      }
      if (simulation.type === "slash_command") return "Bolt.SlashCommand";
      const interactions: Record<string, string> = {
        block_actions: "Bolt.BlockAction<Bolt.ButtonAction>",
        view_submission: "Bolt.ViewSubmitAction",
        shortcut: "Bolt.GlobalShortcut",
        message_action: "Bolt.MessageShortcut",
      };
      return payload === undefined ? undefined : `{ payload: ${interactions[payload.type]} }`;
    },
  },
  discord: {
    imports: 'import type * as D from "discord-api-types/v10";',
    type: ({ simulation }) => {
      const { type } = simulation;
      if (type.startsWith("event.")) return "D.APIWebhookEvent";
      if (type === "command") return "D.APIChatInputApplicationCommandInteraction";
      if (type === "command.user") return "D.APIUserApplicationCommandInteraction";
      if (type === "command.message") return "D.APIMessageApplicationCommandInteraction";
      if (type === "autocomplete") return "D.APIApplicationCommandAutocompleteInteraction";
      if (type.startsWith("component.")) return "D.APIMessageComponentInteraction";
      return type === "ping" ? "D.APIPingInteraction" : "D.APIModalSubmitInteraction";
    },
  },
  linear: {
    imports: `import type { ${LINEAR_TYPES.map((name) => `EntityWebhookPayloadWith${name}Data`).join(", ")} } from "@linear/sdk/webhooks";`,
    type: (made) => {
      const { type } = made.json as { type: string };
      // Times are Date objects in the types, and texts in JSON.
      return `Omit<EntityWebhookPayloadWith${type}Data, "createdAt"> & { createdAt: string }`;
    },
  },
  paddle: {
    imports: `import type * as P from "${PADDLE}/index.js";`,
    type: ({ simulation }) => {
      const { type } = simulation;
      if (type === "subscription.created") return "{ data: P.ISubscriptionCreatedNotificationResponse }";
      // Items of adjustments are other ones than Paddle documents.
      if (type.startsWith("adjustment.")) return '{ data: Omit<P.IAdjustmentNotificationResponse, "items"> }';
      return `{ data: P.${PADDLE_TYPES[type.split(".")[0]!]} }`;
    },
  },
  zoom: {
    imports: 'import type * as M from "@zoom/rivet/meetings";\nimport type * as U from "@zoom/rivet/users";',
    type: ({ simulation: { type } }) => {
      if (type === "endpoint.url_validation") return undefined;
      return `${type.startsWith("user.") ? "U.UsersEvents" : "M.MeetingsEvents"} & M.${pascal(type)}Event`.replace(
        /^U\.UsersEvents & M\./,
        "U.",
      );
    },
  },
  twitch: {
    imports: Object.values(TWITCH_TYPES)
      .map(
        (name) =>
          `import type { ${name}EventData } from "./node_modules/@twurple/eventsub-base/lib/events/${name}Event.external.js";`,
      )
      .join("\n"),
    type: ({ simulation: { type } }) => {
      const name = TWITCH_TYPES[type];
      // Null where the train is not shared, says Twitch.
      const differing = type === "channel.hype_train.begin" ? '"shared_train_participants"' : "never";
      return name === undefined ? undefined : `{ event: Omit<${name}EventData, ${differing}> }`;
    },
  },
};

/**
 * `Json`: what JSON has of a type: decimals and dates as text, members of enumerations by their values, nothing of what
 * is always undefined. `Loose`: the same where a library says what is there, but not when it is missing or null.
 */
const JSON_TYPES = `
type Text<T> = T extends string ? \`\${T}\` : T extends number ? number : T;
type Given<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] };
type Maybe<T> = { [K in keyof T as undefined extends T[K] ? K : never]?: T[K] };
export type Json<T> = T extends { toFixed(...places: never[]): string; isZero(...nothing: never[]): unknown }
  ? string
  : T extends Date
    ? string
    : T extends readonly (infer U)[]
      ? readonly Json<U>[]
      : T extends object
        ? { readonly [K in keyof Given<T>]: Json<T[K]> } & { readonly [K in keyof Maybe<T>]?: Json<T[K]> }
        : Text<T>;
export type Loose<T> = T extends Date
  ? string
  : T extends readonly (infer U)[]
    ? readonly Loose<U>[]
    : T extends object
      ? { readonly [K in keyof T]?: Loose<T[K]> | null }
      : Text<T>;
`;

let folder: string;
let output = "";
const lines = new Map<string, string[]>();

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "hooks-types-"));
  symlinkSync(path.join(root, "node_modules"), path.join(folder, "node_modules"));
  writeFileSync(path.join(folder, "package.json"), '{"type":"module"}');
  writeFileSync(path.join(folder, "json.ts"), JSON_TYPES);
  for (const [name, typed] of Object.entries(TYPED) as [ProviderName, TypedProvider][]) {
    const head = ['import type { Json, Loose } from "./json.ts";', ...typed.imports.split("\n")];
    const values = simulateAll(name).flatMap((made) => {
      const type = typed.type(made);
      if (type === undefined) return [];
      const at = lines.get(name)?.length ?? 0;
      lines.set(name, [...(lines.get(name) ?? []), made.name]);
      return [
        `const raw${at} = ${JSON.stringify(made.json)} as const; export const value${at}: ${typed.isLoose === true ? "Loose" : "Json"}<${type}> = raw${at};`,
      ];
    });
    writeFileSync(path.join(folder, `${name}.ts`), [...head, ...values].join("\n"));
  }
  const compilerOptions = {
    module: "nodenext",
    target: "es2024",
    lib: ["es2024", "dom"],
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    allowImportingTsExtensions: true,
    types: [],
  };
  // The control: a value of another type than is claimed.
  const wrong = 'export const value: Json<Extract<Stripe.Event, { type: "invoice.paid" }>> = { id: 5 } as const;';
  writeFileSync(
    path.join(folder, "wrong.ts"),
    `import type { Json } from "./json.ts"; import type { Stripe } from "stripe";\n${wrong}\n`,
  );
  const files = [...Object.keys(TYPED), "wrong"].map((name) => `${name}.ts`);
  writeFileSync(path.join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
  const tsc = path.join(root, "node_modules/typescript/bin/tsc");
  output = await new Promise((resolve) => {
    const flags = ["-p", folder, "--pretty", "false", "--noErrorTruncation", "false"];
    execFile(process.execPath, [tsc, ...flags], { cwd: folder, maxBuffer: 1 << 27 }, (_, stdout) => resolve(stdout));
  });
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the compiler says of a provider's file, by event. */
function complaints(name: ProviderName): Map<string, string> {
  const found = new Map<string, string>();
  const head = TYPED[name]!.imports.split("\n").length + 1;
  const errors = output.split(new RegExp(`^(?=${name}\\.ts\\()`, "m")).filter((text) => text.startsWith(`${name}.ts(`));
  for (const error of errors) {
    const line = Number(/\((\d+),/.exec(error)?.[1]);
    const [own = ""] = error.split(/^(?=[\w-]+\.ts\()/m).filter(Boolean);
    found.set(lines.get(name)?.[line - 1 - head] ?? `line ${line}`, own.slice(0, 1500));
  }
  return found;
}

describe.each(Object.keys(TYPED) as ProviderName[])("bodies of %s", (name) => {
  it("are what the library's types say", () => {
    expect(Object.fromEntries(complaints(name))).toEqual({});
  });
});

it("asked about nearly every event, and notices a wrong one", () => {
  expect([...lines.values()].flat().length).toBeGreaterThan(180);
  expect(output).toMatch(/^wrong\.ts\(2,\d+\): error TS2322/m);
  expect(output.replaceAll(/^wrong\.ts.*\n( .*\n)*/gm, "")).toBe("");
});
