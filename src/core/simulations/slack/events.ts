// The Events API.

import type { Fresh } from "../fresh.ts";
import type { JsonObject, SimulatedEvent, Simulation } from "../provider.ts";
import { headers, makeWorld, type World } from "./world.ts";

/** An event in the frame of the Events API. */
function event(
  type: string,
  title: string,
  inner: (world: World) => JsonObject,
  aliases: readonly string[] = [],
): Simulation {
  const make = (fresh: Fresh): SimulatedEvent => {
    const world = makeWorld(fresh);
    const id = `Ev${fresh.base36(9)}`;
    const { team, app, token, bot, channel } = world;
    const context = JSON.stringify({ et: type, tid: team, aid: app, cid: channel });
    return {
      id,
      headers: headers("application/json"),
      body: {
        token,
        team_id: team,
        context_team_id: team,
        context_enterprise_id: null,
        api_app_id: app,
        event: inner(world),
        type: "event_callback",
        event_id: id,
        event_time: fresh.seconds(),
        authorizations: [
          { enterprise_id: null, team_id: team, user_id: bot, is_bot: true, is_enterprise_install: false },
        ],
        is_ext_shared_channel: false,
        event_context: `4-${Buffer.from(context).toString("base64url")}`,
      },
      dataPath: ["event"],
    };
  };
  return { type, aliases, title, make };
}

function richText({ fresh }: World, elements: readonly JsonObject[]): readonly JsonObject[] {
  return [{ type: "rich_text", block_id: fresh.base62(5), elements: [{ type: "rich_text_section", elements }] }];
}

function message(world: World, channelType: "channel" | "im"): JsonObject {
  const { fresh, user, team, ts } = world;
  const text = "Is the sale live already? Customers ask – see <https://acme.example/sale>";
  return {
    type: "message",
    client_msg_id: fresh.uuid(),
    user,
    text,
    ts,
    blocks: richText(world, [
      { type: "text", text: "Is the sale live already? Customers ask – see " },
      { type: "link", url: "https://acme.example/sale" },
    ]),
    team,
    channel: channelType === "im" ? `D${fresh.base36(10)}` : world.channel,
    event_ts: ts,
    channel_type: channelType,
  };
}

function member({ fresh, user, userName, realName, team }: World): JsonObject {
  const [first = "", last = ""] = realName.split(" ");
  return {
    id: user,
    name: userName,
    is_bot: false,
    updated: fresh.seconds(),
    is_app_user: false,
    team_id: team,
    deleted: false,
    color: fresh.hex(6),
    is_email_confirmed: true,
    real_name: realName,
    tz: "America/Los_Angeles",
    tz_label: "Pacific Standard Time",
    tz_offset: -28_800,
    is_admin: false,
    is_owner: false,
    is_primary_owner: false,
    is_restricted: false,
    is_ultra_restricted: false,
    who_can_share_contact_card: "EVERYONE",
    profile: {
      title: "",
      phone: "",
      skype: "",
      real_name: realName,
      real_name_normalized: realName,
      display_name: userName,
      display_name_normalized: userName,
      fields: {},
      status_text: "",
      status_emoji: "",
      status_emoji_display_info: [],
      status_expiration: 0,
      avatar_hash: fresh.hex(12),
      first_name: first,
      last_name: last,
      email: `${userName}@example.com`,
      image_24: `https://secure.gravatar.com/avatar/${fresh.hex(32)}.jpg?s=24`,
      image_192: `https://secure.gravatar.com/avatar/${fresh.hex(32)}.jpg?s=192`,
      status_text_canonical: "",
      team: team,
    },
  };
}

export const EVENTS: readonly Simulation[] = [
  event("message", "A message was posted in a channel", (world) => message(world, "channel"), ["message.channels"]),
  event("message.im", "A message was sent to the app", (world) => message(world, "im")),
  event("message.changed", "A message was edited", (world) => {
    const { channel, user, fresh, ts, team } = world;
    const old = `${fresh.seconds(90)}.${fresh.digits(6)}`;
    const message = { client_msg_id: fresh.uuid(), type: "message", user, team, ts: old };
    return {
      type: "message",
      subtype: "message_changed",
      message: {
        ...message,
        text: "The sale is live",
        edited: { user, ts },
        blocks: richText(world, [{ type: "text", text: "The sale is live" }]),
        source_team: team,
        user_team: team,
      },
      previous_message: { ...message, text: "The sale is alive" },
      channel,
      hidden: true,
      ts,
      event_ts: ts,
      channel_type: "channel",
    };
  }),
  event("message.deleted", "A message was deleted", ({ channel, user, team, fresh, ts }) => {
    const old = `${fresh.seconds(90)}.${fresh.digits(6)}`;
    return {
      type: "message",
      subtype: "message_deleted",
      previous_message: { client_msg_id: fresh.uuid(), type: "message", text: "Oops", user, team, ts: old },
      channel,
      hidden: true,
      deleted_ts: old,
      event_ts: ts,
      ts,
      channel_type: "channel",
    };
  }),
  event("app_mention", "Somebody spoke to the app", (world) => {
    const { user, bot, ts, team, channel, fresh } = world;
    return {
      user,
      type: "app_mention",
      ts,
      client_msg_id: fresh.uuid(),
      text: `<@${bot}> deploy the storefront`,
      team,
      blocks: richText(world, [
        { type: "user", user_id: bot },
        { type: "text", text: " deploy the storefront" },
      ]),
      channel,
      event_ts: ts,
    };
  }),
  event("app_home_opened", "Somebody opened the app's home", ({ user, fresh, ts }) => ({
    type: "app_home_opened",
    user,
    channel: `D${fresh.base36(10)}`,
    tab: "home",
    event_ts: ts,
  })),
  event("reaction_added", "Somebody reacted to a message", ({ user, bot, channel, fresh, ts }) => ({
    type: "reaction_added",
    user,
    reaction: "eyes",
    item: { type: "message", channel, ts: `${fresh.seconds(300)}.${fresh.digits(6)}` },
    item_user: bot,
    event_ts: ts,
  })),
  event("reaction_removed", "A reaction was taken back", ({ user, bot, channel, fresh, ts }) => ({
    type: "reaction_removed",
    user,
    reaction: "eyes",
    item: { type: "message", channel, ts: `${fresh.seconds(300)}.${fresh.digits(6)}` },
    item_user: bot,
    event_ts: ts,
  })),
  event("member_joined_channel", "Somebody joined a channel", ({ user, channel, team, fresh, ts }) => ({
    type: "member_joined_channel",
    user,
    channel,
    channel_type: "C",
    team,
    inviter: `U${fresh.base36(10)}`,
    event_ts: ts,
  })),
  event("team_join", "Somebody joined the workspace", (world) => ({
    type: "team_join",
    user: member(world),
    cache_ts: world.fresh.seconds(),
    event_ts: world.ts,
  })),
  event("user_change", "Somebody's profile changed", (world) => ({
    type: "user_change",
    user: member(world),
    cache_ts: world.fresh.seconds(),
    event_ts: world.ts,
  })),
  event("channel_created", "A channel was created", ({ channel, user, team, fresh, ts }) => ({
    type: "channel_created",
    channel: {
      id: channel,
      name: "sale-2027",
      is_channel: true,
      is_group: false,
      is_im: false,
      is_mpim: false,
      is_private: false,
      created: fresh.seconds(),
      is_archived: false,
      is_general: false,
      unlinked: 0,
      name_normalized: "sale-2027",
      is_shared: false,
      is_org_shared: false,
      is_frozen: false,
      is_pending_ext_shared: false,
      pending_shared: [],
      context_team_id: team,
      updated: fresh.now,
      parent_conversation: null,
      creator: user,
      is_ext_shared: false,
      shared_team_ids: [team],
      pending_connected_team_ids: [],
      topic: { value: "", creator: "", last_set: 0 },
      purpose: { value: "", creator: "", last_set: 0 },
      previous_names: [],
    },
    event_ts: ts,
  })),
  event("file_shared", "A file was shared", ({ user, channel, fresh, ts }) => {
    const file = `F${fresh.base36(10)}`;
    return { type: "file_shared", channel_id: channel, file_id: file, user_id: user, file: { id: file }, event_ts: ts };
  }),
  event("link_shared", "A link to the app's domain was posted", ({ user, channel, fresh, ts }) => ({
    type: "link_shared",
    user,
    channel,
    message_ts: ts,
    links: [{ url: "https://acme.example/orders/1001", domain: "acme.example" }],
    source: "conversations_history",
    unfurl_id: `${channel}-${ts}-${fresh.hex(8)}`,
    is_bot_user_member: true,
    event_ts: ts,
  })),
  event("app_uninstalled", "The app was uninstalled", ({ ts }) => ({ type: "app_uninstalled", event_ts: ts })),
  event("tokens_revoked", "Tokens of the app are no longer valid", ({ user, bot, ts }) => ({
    type: "tokens_revoked",
    tokens: { oauth: [user], bot: [bot] },
    event_ts: ts,
  })),
];
