// What people do with an app: commands, buttons, forms.

import type { Fresh } from "../fresh.ts";
import type { JsonObject, SimulatedEvent, Simulation } from "../provider.ts";
import { headers, makeWorld, type World } from "./world.ts";

const FORM = "application/x-www-form-urlencoded";

export function slashCommand(fresh: Fresh): SimulatedEvent {
  const { team, app, user, userName, channel, token } = makeWorld(fresh);
  const trigger = `${fresh.digits(13)}.${fresh.digits(12)}.${fresh.hex(32)}`;
  return {
    id: trigger,
    headers: headers(FORM),
    style: "php-form",
    body: {
      token,
      team_id: team,
      team_domain: "acme",
      channel_id: channel,
      channel_name: "deployments",
      user_id: user,
      user_name: userName,
      command: "/deploy",
      text: "storefront production",
      api_app_id: app,
      is_enterprise_install: "false",
      response_url: `https://hooks.slack.com/commands/${team}/${fresh.digits(13)}/${fresh.base62(24)}`,
      trigger_id: trigger,
    },
    dataPath: [],
  };
}

/** What a person did with a surface of the app: one field of a form, with JSON in it. */
function interaction(type: string, title: string, own: (world: World) => JsonObject): Simulation {
  const make = (fresh: Fresh): SimulatedEvent => {
    const world = makeWorld(fresh);
    const { team, app, user, userName, token } = world;
    const trigger = `${fresh.digits(13)}.${fresh.digits(12)}.${fresh.hex(32)}`;
    const payload: JsonObject = {
      type,
      team: { id: team, domain: "acme" },
      user: { id: user, username: userName, name: userName, team_id: team },
      api_app_id: app,
      token,
      trigger_id: trigger,
      enterprise: null,
      is_enterprise_install: false,
      ...own(world),
    };
    return { id: trigger, headers: headers(FORM), style: "php-form", body: { payload }, dataPath: ["payload"] };
  };
  return { type, title, make };
}

function responseUrl({ fresh, team }: World): string {
  return `https://hooks.slack.com/actions/${team}/${fresh.digits(13)}/${fresh.base62(24)}`;
}

export const INTERACTIONS: readonly Simulation[] = [
  interaction("block_actions", "Somebody pressed a button", (world) => {
    const { fresh, channel, bot, app, team, ts } = world;
    const block = {
      type: "actions",
      block_id: "approval",
      elements: [
        {
          type: "button",
          action_id: "approve",
          text: { type: "plain_text", text: "Approve", emoji: true },
          style: "primary",
          value: "ord_1001",
        },
      ],
    };
    const posted = `${fresh.seconds(60)}.${fresh.digits(6)}`;
    return {
      container: { type: "message", message_ts: posted, channel_id: channel, is_ephemeral: false },
      channel: { id: channel, name: "approvals" },
      message: {
        user: bot,
        type: "message",
        ts: posted,
        bot_id: `B${fresh.base36(10)}`,
        app_id: app,
        text: "Order 1001 waits for approval",
        team,
        blocks: [block],
      },
      state: { values: {} },
      response_url: responseUrl(world),
      actions: [
        {
          action_id: "approve",
          block_id: "approval",
          text: { type: "plain_text", text: "Approve", emoji: true },
          value: "ord_1001",
          style: "primary",
          type: "button",
          action_ts: ts,
        },
      ],
    };
  }),
  interaction("view_submission", "Somebody sent a form off", ({ fresh, team, app, bot }) => {
    const id = `V${fresh.base36(10)}`;
    return {
      view: {
        id,
        team_id: team,
        type: "modal",
        blocks: [
          {
            type: "input",
            block_id: "reason",
            label: { type: "plain_text", text: "Why?", emoji: true },
            optional: false,
            dispatch_action: false,
            element: {
              type: "plain_text_input",
              action_id: "text",
              multiline: true,
              dispatch_action_config: { trigger_actions_on: ["on_enter_pressed"] },
            },
          },
        ],
        private_metadata: '{"order":"ord_1001"}',
        callback_id: "refund",
        state: { values: { reason: { text: { type: "plain_text_input", value: "It arrived broken" } } } },
        hash: `${fresh.seconds(20)}.${fresh.base62(8)}`,
        title: { type: "plain_text", text: "Refund", emoji: true },
        clear_on_close: false,
        notify_on_close: false,
        close: { type: "plain_text", text: "Cancel", emoji: true },
        submit: { type: "plain_text", text: "Refund", emoji: true },
        previous_view_id: null,
        root_view_id: id,
        app_id: app,
        external_id: "",
        app_installed_team_id: team,
        bot_id: bot.replace(/^U/, "B"),
      },
      response_urls: [],
    };
  }),
  interaction("shortcut", "Somebody used a global shortcut", ({ ts }) => ({
    callback_id: "new_ticket",
    action_ts: ts,
  })),
  interaction("message_action", "Somebody used a shortcut on a message", (world) => {
    const { fresh, channel, team, user, ts } = world;
    const posted = `${fresh.seconds(600)}.${fresh.digits(6)}`;
    return {
      callback_id: "make_ticket",
      action_ts: ts,
      response_url: responseUrl(world),
      channel: { id: channel, name: "support" },
      message_ts: posted,
      message: { client_msg_id: fresh.uuid(), type: "message", text: "My order never came", user, ts: posted, team },
    };
  }),
];
