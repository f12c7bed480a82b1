import { DAY, type Fresh, type Person } from "./fresh.ts";
import type { JsonObject, Provider, SimulatedEvent, Simulation } from "./provider.ts";

interface World {
  fresh: Fresh;
  broadcaster: Viewer;
  viewer: Viewer;
}

interface Viewer {
  id: string;
  login: string;
  name: string;
}

/** What a subscription of a type is bound to, and its version. */
interface Kind {
  type: string;
  version: string;
  condition(world: World): JsonObject;
}

function viewer(fresh: Fresh, { login }: Person): Viewer {
  const plain = login.replace("-", "_");
  return {
    id: fresh.digits(9),
    login: plain,
    name: plain.replace(/(^|_)(\w)/g, (_, gap: string, letter: string) => gap + letter.toUpperCase()),
  };
}

function makeWorld(fresh: Fresh): World {
  const one = fresh.person();
  let two = fresh.person();
  while (two === one) two = fresh.person();
  return { fresh, broadcaster: viewer(fresh, one), viewer: viewer(fresh, two) };
}

type MessageType = "notification" | "webhook_callback_verification" | "revocation";

function message(
  messageType: MessageType,
  kind: Kind,
  world: World,
  own: JsonObject,
  status = "enabled",
): SimulatedEvent {
  const { fresh } = world;
  const id = fresh.uuid();
  return {
    id,
    headers: {
      "Content-Type": "application/json",
      "Twitch-Eventsub-Message-Retry": "0",
      "Twitch-Eventsub-Message-Type": messageType,
      "Twitch-Eventsub-Subscription-Type": kind.type,
      "Twitch-Eventsub-Subscription-Version": kind.version,
    },
    body: {
      subscription: {
        id: fresh.uuid(),
        status,
        type: kind.type,
        version: kind.version,
        condition: kind.condition(world),
        transport: { method: "webhook", callback: "https://example.com/webhooks/twitch" },
        created_at: fresh.millis(messageType === "webhook_callback_verification" ? 0 : 9 * DAY),
        cost: 0,
      },
      ...own,
    },
  };
}

const ofBroadcaster = ({ broadcaster }: World): JsonObject => ({ broadcaster_user_id: broadcaster.id });
const ofModerator = ({ broadcaster }: World): JsonObject => ({
  broadcaster_user_id: broadcaster.id,
  moderator_user_id: broadcaster.id,
});
const ofReader = ({ broadcaster }: World): JsonObject => ({
  broadcaster_user_id: broadcaster.id,
  user_id: broadcaster.id,
});

function channel({ broadcaster }: World, prefix = "broadcaster_user"): JsonObject {
  return {
    [`${prefix}_id`]: broadcaster.id,
    [`${prefix}_login`]: broadcaster.login,
    [`${prefix}_name`]: broadcaster.name,
  };
}

function user({ viewer }: World, prefix = "user"): JsonObject {
  return { [`${prefix}_id`]: viewer.id, [`${prefix}_login`]: viewer.login, [`${prefix}_name`]: viewer.name };
}

function notification(
  type: string,
  title: string,
  version: string,
  condition: (world: World) => JsonObject,
  event: (world: World) => JsonObject,
): Simulation {
  const make = (fresh: Fresh): SimulatedEvent => {
    const world = makeWorld(fresh);
    return message("notification", { type, version, condition }, world, { event: event(world) });
  };
  return { type, title, make };
}

const FOLLOW: Kind = { type: "channel.follow", version: "2", condition: ofModerator };

function verification(fresh: Fresh): SimulatedEvent {
  const challenge = fresh.uuid();
  const status = "webhook_callback_verification_pending";
  const made = message("webhook_callback_verification", FOLLOW, makeWorld(fresh), { challenge }, status);
  return {
    ...made,
    dataPath: [],
    answer: (text) =>
      text === challenge ? undefined : "the answer is not the challenge as plain text and nothing else",
  };
}

function revocation(fresh: Fresh): SimulatedEvent {
  return { ...message("revocation", FOLLOW, makeWorld(fresh), {}, "authorization_revoked"), dataPath: [] };
}

function chatMessage(world: World): JsonObject {
  const { fresh } = world;
  const text = "Hello everybody";
  return {
    ...channel(world),
    source_broadcaster_user_id: null,
    source_broadcaster_user_login: null,
    source_broadcaster_user_name: null,
    ...user(world, "chatter_user"),
    message_id: fresh.uuid(),
    source_message_id: null,
    is_source_only: null,
    message: { text, fragments: [{ type: "text", text, cheermote: null, emote: null, mention: null }] },
    color: `#${fresh.hex(6).toUpperCase()}`,
    badges: [{ set_id: "subscriber", id: "12", info: "14" }],
    source_badges: null,
    message_type: "text",
    cheer: null,
    reply: null,
    channel_points_custom_reward_id: null,
    channel_points_animation_id: null,
  };
}

function poll(world: World): JsonObject {
  const { fresh } = world;
  return {
    id: fresh.uuid(),
    ...channel(world),
    title: "Which map next?",
    choices: ["Forest", "Harbour"].map((title) => ({ id: fresh.uuid(), title })),
    bits_voting: { is_enabled: false, amount_per_vote: 0 },
    channel_points_voting: { is_enabled: true, amount_per_vote: 10 },
    started_at: fresh.millis(),
    ends_at: fresh.millis(-120),
  };
}

const SIMULATIONS: readonly Simulation[] = [
  {
    type: "webhook_callback_verification",
    aliases: ["verification"],
    title: "A subscription was asked for",
    make: verification,
  },
  { type: "revocation", title: "A subscription was ended by Twitch", make: revocation },
  notification("channel.follow", "Somebody follows the channel", "2", ofModerator, (world) => ({
    ...user(world),
    ...channel(world),
    followed_at: world.fresh.millis(),
  })),
  notification("channel.subscribe", "Somebody subscribed to the channel", "1", ofBroadcaster, (world) => ({
    ...user(world),
    ...channel(world),
    tier: "1000",
    is_gift: false,
  })),
  notification("channel.subscription.end", "A subscription ended", "1", ofBroadcaster, (world) => ({
    ...user(world),
    ...channel(world),
    tier: "1000",
    is_gift: false,
  })),
  notification("channel.subscription.gift", "Somebody gave subscriptions away", "1", ofBroadcaster, (world) => ({
    ...user(world),
    ...channel(world),
    total: 5,
    tier: "1000",
    cumulative_total: 25,
    is_anonymous: false,
  })),
  notification(
    "channel.subscription.message",
    "A subscriber told of their subscription",
    "1",
    ofBroadcaster,
    (world) => ({
      ...user(world),
      ...channel(world),
      tier: "1000",
      message: {
        text: "Still here! FevziGG",
        emotes: [{ begin: 12, end: 19, id: "302976485" }],
      },
      cumulative_months: 15,
      streak_months: 1,
      duration_months: 1,
    }),
  ),
  notification("channel.cheer", "Somebody cheered with bits", "1", ofBroadcaster, (world) => ({
    is_anonymous: false,
    ...user(world),
    ...channel(world),
    message: "Cheer100 well played",
    bits: 100,
  })),
  notification(
    "channel.raid",
    "Another channel raided this one",
    "1",
    ({ broadcaster }) => ({ from_broadcaster_user_id: "", to_broadcaster_user_id: broadcaster.id }),
    (world) => ({
      ...user(world, "from_broadcaster_user"),
      ...channel(world, "to_broadcaster_user"),
      viewers: world.fresh.integer(3, 900),
    }),
  ),
  notification("channel.update", "Title or category of the channel changed", "2", ofBroadcaster, (world) => ({
    ...channel(world),
    title: "Speedrun, second try",
    language: "en",
    category_id: "509658",
    category_name: "Just Chatting",
    content_classification_labels: [],
  })),
  notification("stream.online", "A stream began", "1", ofBroadcaster, (world) => ({
    id: world.fresh.digits(11),
    ...channel(world),
    type: "live",
    started_at: world.fresh.time(),
  })),
  notification("stream.offline", "A stream ended", "1", ofBroadcaster, (world) => channel(world)),
  notification("channel.ban", "Somebody was timed out", "1", ofBroadcaster, (world) => ({
    ...user(world),
    ...channel(world),
    ...channel(world, "moderator_user"),
    reason: "Spam",
    banned_at: world.fresh.millis(),
    ends_at: world.fresh.millis(-600),
    is_permanent: false,
  })),
  notification("channel.chat.message", "Somebody wrote in the chat", "1", ofReader, chatMessage),
  notification("channel.poll.begin", "A poll began", "1", ofBroadcaster, poll),
  notification(
    "channel.channel_points_custom_reward_redemption.add",
    "Somebody redeemed a reward",
    "1",
    ofBroadcaster,
    (world) => ({
      id: world.fresh.uuid(),
      ...channel(world),
      ...user(world),
      user_input: "Play the violin",
      status: "unfulfilled",
      reward: { id: world.fresh.uuid(), title: "Request", cost: 500, prompt: "What shall I play?" },
      redeemed_at: world.fresh.millis(),
    }),
  ),
  notification("channel.hype_train.begin", "A hype train began", "2", ofBroadcaster, (world) => {
    const { fresh } = world;
    return {
      id: fresh.uuid(),
      ...channel(world),
      total: 700,
      progress: 700,
      goal: 1800,
      top_contributions: [{ ...user(world), type: "bits", total: 700 }],
      level: 1,
      all_time_high_level: 4,
      all_time_high_total: 9_400,
      shared_train_participants: null,
      started_at: fresh.millis(),
      expires_at: fresh.millis(-300),
      type: "regular",
      is_shared_train: false,
    };
  }),
  notification(
    "user.update",
    "Somebody changed their account",
    "1",
    ({ viewer }) => ({ user_id: viewer.id }),
    (world) => ({
      ...user(world),
      email: `${world.viewer.login}@example.com`,
      email_verified: true,
      description: "Plays old games, slowly.",
    }),
  ),
];

export const TWITCH: Provider = {
  name: "twitch",
  title: "Twitch EventSub",
  docs: "https://dev.twitch.tv/docs/eventsub/eventsub-subscription-types/",
  schemes: ["twitch"],
  secret: "the secret that the subscription was made with (10 to 100 characters)",
  signatureHeaders: [
    "Twitch-Eventsub-Message-Id",
    "Twitch-Eventsub-Message-Timestamp",
    "Twitch-Eventsub-Message-Signature",
  ],
  style: "compact",
  dataPath: ["event"],
  notes: ["`webhook_callback_verification` succeeds only if the answer is the challenge as plain text."],
  simulations: SIMULATIONS,
};
