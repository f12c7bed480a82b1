import type { Fresh } from "../fresh.ts";
import type { Provider, SimulatedEvent } from "../provider.ts";
import { EVENTS } from "./events.ts";
import { INTERACTIONS, slashCommand } from "./interactions.ts";
import { headers } from "./world.ts";

function challenge(fresh: Fresh): SimulatedEvent {
  const value = fresh.base62(52);
  return {
    id: value.slice(0, 12),
    headers: headers("application/json"),
    body: { token: fresh.base62(24), challenge: value, type: "url_verification" },
    dataPath: [],
    // As plain text, as a form or as JSON.
    answer: (text) => (text.includes(value) ? undefined : "the answer has not the challenge in it"),
  };
}

export const SLACK: Provider = {
  name: "slack",
  title: "Slack",
  docs: "https://docs.slack.dev/reference/events",
  schemes: ["slack"],
  secret: "the app's signing secret",
  signatureHeaders: ["X-Slack-Signature", "X-Slack-Request-Timestamp"],
  style: "php",
  patienceMs: 3_000,
  dataPath: ["event"],
  notes: [
    "Bodies are written as Slack writes them: slashes and what is not ASCII escaped, so a body that is parsed and printed again does not verify.",
    "`url_verification` succeeds only if the answer has the challenge in it.",
    "Commands and interactions are forms; `--set payload.actions[0].value=x` reaches into the JSON of their field.",
  ],
  simulations: [
    { type: "url_verification", title: "The URL of the Events API was entered", make: challenge },
    ...EVENTS,
    { type: "slash_command", aliases: ["command"], title: "Somebody typed a command of the app", make: slashCommand },
    ...INTERACTIONS,
  ],
};
