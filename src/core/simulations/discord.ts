import { DAY, type Fresh, type Person } from "./fresh.ts";
import type { JsonObject, Provider, SimulatedEvent, Simulation } from "./provider.ts";
import { textAt } from "./text-at.ts";

/** Discord writes the names of an object in the order of the alphabet. */
function sorted(value: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, inner]) => [name, isObject(inner) ? sorted(inner) : inner]),
  );
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** First moment of snowflakes, unix ms. */
const EPOCH = 1_420_070_400_000;

/** An id that tells when it was made. */
function snowflake(fresh: Fresh, agoSeconds = 0): string {
  const ms = BigInt(fresh.now - agoSeconds * 1000 - EPOCH);
  return String((ms << 22n) | BigInt(fresh.integer(0, 2 ** 22 - 1)));
}

function user(fresh: Fresh, { login, first, last }: Person): JsonObject {
  return {
    avatar: fresh.hex(32),
    avatar_decoration_data: null,
    clan: null,
    collectibles: null,
    discriminator: "0",
    display_name_styles: null,
    global_name: `${first} ${last}`,
    id: snowflake(fresh, 900 * DAY),
    primary_guild: null,
    public_flags: 0,
    username: login.replace("-", "."),
  };
}

const AGENT = "Discord-Interactions/1.0 (+https://discord.com)";
const APP_PERMISSIONS = "562949953601536";

function request(agent: string, id: string, body: JsonObject): SimulatedEvent {
  return { id, headers: { "content-type": "application/json", "user-agent": agent }, body: sorted(body) };
}

interface World {
  fresh: Fresh;
  guild: string;
  channel: string;
  user: JsonObject;
  other: JsonObject;
}

function makeWorld(fresh: Fresh): World {
  const one = fresh.person();
  let two = fresh.person();
  while (two === one) two = fresh.person();
  return {
    fresh,
    guild: snowflake(fresh, 400 * DAY),
    channel: snowflake(fresh, 390 * DAY),
    user: user(fresh, one),
    other: user(fresh, two),
  };
}

function member({ fresh, user }: World): JsonObject {
  return {
    avatar: null,
    banner: null,
    collectibles: null,
    communication_disabled_until: null,
    deaf: false,
    flags: 0,
    joined_at: fresh.millis(200 * DAY).replace("Z", "000+00:00"),
    mute: false,
    nick: null,
    pending: false,
    permissions: "2248473465835073",
    premium_since: null,
    roles: [],
    unusual_dm_activity_until: null,
    user,
  };
}

function channel({ fresh, guild, channel }: World): JsonObject {
  return {
    flags: 0,
    guild_id: guild,
    id: channel,
    last_message_id: snowflake(fresh, 40),
    name: "orders",
    nsfw: false,
    parent_id: snowflake(fresh, 395 * DAY),
    permissions: "2248473465835073",
    position: 2,
    rate_limit_per_user: 0,
    topic: null,
    type: 0,
  };
}

/** Types of interactions, and of commands within them. */
const PING = 1;
const COMMAND = 2;
const COMPONENT = 3;
const AUTOCOMPLETE = 4;
const MODAL = 5;

function interaction(
  type: string,
  title: string,
  kind: number,
  data: (world: World) => JsonObject,
  own: (world: World) => JsonObject = () => ({}),
  aliases: readonly string[] = [],
): Simulation {
  const make = (fresh: Fresh): SimulatedEvent => {
    const world = makeWorld(fresh);
    const { guild } = world;
    const id = snowflake(fresh);
    return request(AGENT, id, {
      app_permissions: APP_PERMISSIONS,
      application_id: snowflake(fresh, 300 * DAY),
      attachment_size_limit: 10_485_760,
      authorizing_integration_owners: { "0": guild },
      channel: channel(world),
      channel_id: world.channel,
      context: 0,
      data: data(world),
      entitlements: [],
      guild: { features: [], id: guild, locale: "en-US" },
      guild_id: guild,
      guild_locale: "en-US",
      id,
      locale: "en-US",
      member: member(world),
      token: fresh.base62(180),
      type: kind,
      version: 1,
      ...own(world),
    });
  };
  return { type, title, aliases, make };
}

function pingOf(fresh: Fresh): SimulatedEvent {
  const id = snowflake(fresh);
  const body = {
    app_permissions: APP_PERMISSIONS,
    application_id: snowflake(fresh, 300 * DAY),
    attachment_size_limit: 10_485_760,
    authorizing_integration_owners: {},
    entitlements: [],
    id,
    token: fresh.base62(180),
    type: PING,
    user: user(fresh, fresh.person()),
    version: 1,
  };
  return {
    ...request(AGENT, id, body),
    dataPath: [],
    answer: (text) => {
      try {
        const answer = JSON.parse(text) as { type?: unknown } | null;
        return answer?.type === PING ? undefined : 'the answer to a PING must be {"type":1}';
      } catch {
        return 'the answer to a PING must be {"type":1}, and it is no JSON';
      }
    },
  };
}

/** A message of the app itself. */
function message(world: World, own: JsonObject): JsonObject {
  const { fresh, other } = world;
  return {
    application_id: snowflake(fresh, 300 * DAY),
    attachments: [],
    author: { ...other, bot: true },
    channel_id: world.channel,
    components: [],
    content: "Order 1001 waits for approval",
    edited_timestamp: null,
    embeds: [],
    flags: 0,
    id: snowflake(fresh, 40),
    mention_everyone: false,
    mention_roles: [],
    mentions: [],
    pinned: false,
    timestamp: fresh.millis(40).replace("Z", "000+00:00"),
    tts: false,
    type: 0,
    ...own,
  };
}

const BUTTONS = [
  {
    components: [
      { custom_id: "approve", id: 2, label: "Approve", style: 3, type: 2 },
      { custom_id: "refuse", id: 3, label: "Refuse", style: 4, type: 2 },
    ],
    id: 1,
    type: 1,
  },
];

const INTERACTIONS: readonly Simulation[] = [
  interaction(
    "command",
    "Somebody used a slash command",
    COMMAND,
    ({ fresh, guild }) => ({
      guild_id: guild,
      id: snowflake(fresh, 200 * DAY),
      name: "order",
      options: [
        { name: "number", type: 4, value: 1001 },
        { name: "note", type: 3, value: "where is it?" },
      ],
      type: 1,
    }),
    undefined,
    ["application_command"],
  ),
  interaction("command.user", "Somebody used a command on a person", COMMAND, (world) => {
    const { fresh, other } = world;
    const id = textAt(other, "id");
    const { user: _, deaf: __, mute: ___, ...rest } = member(world);
    return {
      id: snowflake(fresh, 200 * DAY),
      name: "Show orders",
      resolved: { members: { [id]: rest }, users: { [id]: other } },
      target_id: id,
      type: 2,
    };
  }),
  interaction("command.message", "Somebody used a command on a message", COMMAND, (world) => {
    const on = message(world, { author: world.other, content: "My order never came" });
    return {
      id: snowflake(world.fresh, 200 * DAY),
      name: "Make a ticket",
      resolved: { messages: { [textAt(on, "id")]: on } },
      target_id: on["id"],
      type: 3,
    };
  }),
  interaction("autocomplete", "Somebody types an option of a command", AUTOCOMPLETE, ({ fresh, guild }) => ({
    guild_id: guild,
    id: snowflake(fresh, 200 * DAY),
    name: "order",
    options: [{ focused: true, name: "number", type: 3, value: "10" }],
    type: 1,
  })),
  interaction(
    "component.button",
    "Somebody pressed a button",
    COMPONENT,
    () => ({ component_type: 2, custom_id: "approve", id: 2 }),
    (world) => ({ message: message(world, { components: BUTTONS }) }),
    ["component", "message_component"],
  ),
  interaction(
    "component.select",
    "Somebody chose from a menu",
    COMPONENT,
    () => ({ component_type: 3, custom_id: "size", id: 2, values: ["large"] }),
    (world) => ({
      message: message(world, {
        components: [
          {
            components: [
              {
                custom_id: "size",
                id: 2,
                max_values: 1,
                min_values: 1,
                options: [
                  { label: "Small", value: "small" },
                  { label: "Large", value: "large" },
                ],
                type: 3,
              },
            ],
            id: 1,
            type: 1,
          },
        ],
      }),
    }),
  ),
  interaction("modal_submit", "Somebody sent a form off", MODAL, () => ({
    components: [{ components: [{ custom_id: "reason", id: 2, type: 4, value: "It arrived broken" }], id: 1, type: 1 }],
    custom_id: "refund",
  })),
];

function webhookEvent(type: string, name: string, title: string, data: (world: World) => JsonObject): Simulation {
  const make = (fresh: Fresh): SimulatedEvent => {
    const world = makeWorld(fresh);
    const event = { data: data(world), timestamp: fresh.millis().replace("Z", "000"), type: name };
    const id = snowflake(fresh, 300 * DAY);
    return {
      ...request("Discord-Webhook/1.0 (+https://discord.com)", `${id}-${fresh.hex(8)}`, {
        application_id: id,
        event,
        type: 1,
        version: 1,
      }),
      dataPath: ["event", "data"],
    };
  };
  return { type, title, make };
}

function entitlement({ fresh, user, guild }: World): JsonObject {
  return {
    application_id: snowflake(fresh, 300 * DAY),
    consumed: false,
    deleted: false,
    ends_at: fresh.millis(-30 * DAY).replace("Z", "000+00:00"),
    gift_code_flags: 0,
    guild_id: guild,
    id: snowflake(fresh),
    promotion_id: null,
    sku_id: snowflake(fresh, 100 * DAY),
    starts_at: fresh.millis().replace("Z", "000+00:00"),
    subscription_id: snowflake(fresh),
    type: 8,
    user_id: user["id"],
  };
}

function eventPing(fresh: Fresh): SimulatedEvent {
  const id = snowflake(fresh, 300 * DAY);
  const body = { application_id: id, type: 0, version: 1 };
  return { ...request("Discord-Webhook/1.0 (+https://discord.com)", `${id}-${fresh.hex(8)}`, body), dataPath: [] };
}

export const DISCORD: Provider = {
  name: "discord",
  title: "Discord",
  docs: "https://discord.com/developers/docs/interactions/receiving-and-responding",
  schemes: ["discord"],
  secret: "a private key (ed25519): the receiver is given its public key",
  keyPair: "ed25519",
  signatureHeaders: ["X-Signature-Ed25519", "X-Signature-Timestamp"],
  style: "compact",
  patienceMs: 3_000,
  dataPath: ["data"],
  notes: ['`ping` succeeds only if the answer is `{"type":1}`.'],
  simulations: [
    { type: "ping", title: "The interactions' URL was entered", make: pingOf },
    ...INTERACTIONS,
    { type: "event.ping", title: "The URL of webhook events was entered", make: eventPing },
    webhookEvent(
      "event.application_authorized",
      "APPLICATION_AUTHORIZED",
      "Somebody added the app to their account",
      (world) => ({
        integration_type: 1,
        scopes: ["applications.commands"],
        user: world.user,
      }),
    ),
    webhookEvent("event.application_deauthorized", "APPLICATION_DEAUTHORIZED", "Somebody removed the app", (world) => ({
      user: world.user,
    })),
    webhookEvent("event.entitlement_create", "ENTITLEMENT_CREATE", "Somebody bought something", entitlement),
    webhookEvent(
      "event.entitlement_update",
      "ENTITLEMENT_UPDATE",
      "A subscription was renewed or cancelled",
      entitlement,
    ),
  ],
};
