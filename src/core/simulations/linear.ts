import { DAY, type Fresh, fullName, HOUR } from "./fresh.ts";
import type { JsonObject, Provider, SimulatedEvent, Simulation } from "./provider.ts";
import { textAt } from "./text-at.ts";

/** Everything of one workspace that the parts of an event refer to. */
interface World {
  fresh: Fresh;
  actor: JsonObject;
  /** The actor without what makes an actor of a person. */
  user: JsonObject;
  assignee: JsonObject;
  team: { id: string; key: string; name: string };
}

const WEB = "https://linear.app/acme";

function makeWorld(fresh: Fresh): World {
  const person = (login: string, name: string, email: string): JsonObject => ({
    id: fresh.uuid(),
    name,
    email,
    avatarUrl: null,
    url: `${WEB}/profiles/${login}`,
  });
  const one = fresh.person();
  let two = fresh.person();
  while (two === one) two = fresh.person();
  const user = person(one.login, fullName(one), one.email);
  return {
    fresh,
    user,
    actor: { ...user, type: "user" },
    assignee: person(two.login, fullName(two), two.email),
    team: { id: fresh.uuid(), key: "SHOP", name: "Storefront" },
  };
}

type Action = "create" | "update" | "remove";

/** What an event tells of, and what it was before where it was changed. */
interface Subject {
  data: JsonObject;
  updatedFrom?: JsonObject;
  url?: string;
}

function simulation(
  type: string,
  action: Action,
  title: string,
  subject: (world: World, action: Action) => Subject,
): Simulation {
  const make = (fresh: Fresh): SimulatedEvent => {
    const world = makeWorld(fresh);
    const { data, updatedFrom, url } = subject(world, action);
    const id = fresh.uuid();
    return {
      id,
      headers: {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Linear-Webhook",
        "Linear-Delivery": id,
        "Linear-Event": type,
        // Beside the time in the body, which is what is signed.
        "Linear-Timestamp": String(fresh.now),
      },
      body: {
        action,
        actor: world.actor,
        createdAt: fresh.millis(),
        data,
        ...(action === "update" ? { updatedFrom } : {}),
        ...(url === undefined ? {} : { url }),
        type,
        organizationId: fresh.uuid(),
        webhookTimestamp: fresh.now,
        webhookId: fresh.uuid(),
      },
    };
  };
  return { type: `${type}.${action}`, aliases: action === "create" ? [type] : [], title, make };
}

/** Times that everything has. */
function times({ fresh }: World, action: Action): JsonObject {
  const created = fresh.millis(action === "create" ? 0 : 2 * DAY);
  return {
    createdAt: created,
    updatedAt: action === "create" ? created : fresh.millis(),
    ...(action === "remove" ? { archivedAt: fresh.millis() } : {}),
  };
}

function childIssue({ fresh, team }: World): JsonObject {
  const number = fresh.integer(10, 900);
  const identifier = `${team.key}-${number}`;
  return {
    id: fresh.uuid(),
    title: "Discount is applied twice",
    teamId: team.id,
    team,
    identifier,
    url: `${WEB}/issue/${identifier}/discount-is-applied-twice`,
  };
}

function issue(world: World, action: Action): Subject {
  const { fresh, user, assignee, team } = world;
  const child = childIssue(world);
  const { id, title } = child;
  const [identifier, url] = [textAt(child, "identifier"), textAt(child, "url")];
  const state = { id: fresh.uuid(), color: "#f2c94c", name: "In Progress", type: "started" };
  const label = { id: fresh.uuid(), color: "#eb5757", name: "Bug", parentId: null };
  const backlog = fresh.uuid();
  const begun = action === "update" ? fresh.millis() : null;
  return {
    url,
    data: {
      id,
      ...times(world, action),
      number: Number(identifier.split("-")[1]),
      title,
      priority: 2,
      sortOrder: -fresh.integer(100, 9000) / 10,
      prioritySortOrder: -fresh.integer(100, 9000) / 10,
      startedAt: begun,
      labelIds: [label.id],
      teamId: team.id,
      previousIdentifiers: [],
      creatorId: user["id"],
      assigneeId: assignee["id"],
      stateId: state.id,
      reactionData: [],
      priorityLabel: "High",
      botActor: null,
      identifier,
      url,
      subscriberIds: [user["id"], assignee["id"]],
      assignee,
      creator: user,
      state,
      team,
      labels: [label],
      releases: [],
      description: "1. Put something into the cart\n2. Enter a code\n3. Reload",
      descriptionData: null,
      slaType: "all",
      trashed: action === "remove" ? true : null,
    },
    updatedFrom: { updatedAt: fresh.millis(HOUR), startedAt: null, stateId: backlog, sortOrder: -12.5 },
  };
}

function comment(world: World, action: Action): Subject {
  const { fresh, user } = world;
  const on = childIssue(world);
  const id = fresh.uuid();
  return {
    url: `${textAt(on, "url")}#comment-${id.slice(0, 8)}`,
    data: {
      id,
      ...times(world, action),
      body: "I can reproduce this: the code is read twice.",
      issueId: on["id"],
      userId: user["id"],
      reactionData: [],
      user,
      issue: on,
      editedAt: action === "update" ? fresh.millis() : null,
    },
    updatedFrom: { updatedAt: fresh.millis(HOUR), editedAt: null, body: "I can reproduce this." },
  };
}

function project(world: World, action: Action): Subject {
  const { fresh, user, assignee, team } = world;
  const slug = fresh.hex(12);
  const url = `${WEB}/project/summer-sale-${slug}`;
  const status = { id: fresh.uuid(), color: "#f2c94c", name: "In Progress", type: "started" };
  return {
    url,
    data: {
      id: fresh.uuid(),
      ...times(world, action),
      name: "Summer sale",
      description: "Codes, banners and mails",
      content: "",
      slugId: slug,
      icon: null,
      color: "#5e6ad2",
      statusId: status.id,
      status,
      creatorId: user["id"],
      leadId: assignee["id"],
      lead: assignee,
      memberIds: [user["id"], assignee["id"]],
      teamIds: [team.id],
      labelIds: [],
      milestones: [],
      initiatives: [],
      priority: 2,
      prioritySortOrder: 0,
      sortOrder: 1024.5,
      startDate: fresh.date(30 * DAY),
      targetDate: fresh.date(-30 * DAY),
      startedAt: fresh.millis(30 * DAY),
      health: "onTrack",
      healthUpdatedAt: fresh.millis(DAY),
      scopeHistory: [8, 13, 21],
      completedScopeHistory: [0, 3, 8],
      inProgressScopeHistory: [2, 5, 5],
      issueCountHistory: [4, 6, 9],
      completedIssueCountHistory: [0, 1, 3],
      url,
    },
    updatedFrom: { updatedAt: fresh.millis(HOUR), statusId: fresh.uuid(), targetDate: fresh.date(-20 * DAY) },
  };
}

function projectUpdate(world: World, action: Action): Subject {
  const { fresh, user } = world;
  const slug = fresh.hex(12);
  const of = { id: fresh.uuid(), name: "Summer sale", url: `${WEB}/project/summer-sale-${slug}` };
  const body = "The banners are done, the codes are in review.";
  const url = `${of.url}/updates#project-update-${fresh.hex(8)}`;
  return {
    url,
    data: {
      id: fresh.uuid(),
      ...times(world, action),
      body,
      bodyData: JSON.stringify({
        type: "doc",
        content: [{ type: "paragraph", content: [{ type: "text", text: body }] }],
      }),
      health: "onTrack",
      slugId: fresh.hex(8),
      projectId: of.id,
      project: of,
      userId: user["id"],
      user,
      editedAt: fresh.millis(),
      reactionData: [],
      url,
    },
    updatedFrom: { updatedAt: fresh.millis(HOUR), health: "atRisk" },
  };
}

function cycle(world: World, action: Action): Subject {
  const { fresh, team } = world;
  return {
    data: {
      id: fresh.uuid(),
      ...times(world, action),
      number: fresh.integer(1, 60),
      name: null,
      startsAt: fresh.millis(DAY),
      endsAt: fresh.millis(-13 * DAY),
      completedAt: action === "update" ? fresh.millis() : null,
      teamId: team.id,
      scopeHistory: [21],
      completedScopeHistory: [0],
      inProgressScopeHistory: [8],
      issueCountHistory: [12],
      completedIssueCountHistory: [0],
      uncompletedIssuesUponCloseIds: [],
    },
    updatedFrom: { updatedAt: fresh.millis(HOUR), completedAt: null },
  };
}

function issueLabel(world: World, action: Action): Subject {
  const { fresh, user, team } = world;
  return {
    data: {
      id: fresh.uuid(),
      ...times(world, action),
      name: "Checkout",
      description: null,
      color: "#26b5ce",
      isGroup: false,
      parentId: null,
      teamId: team.id,
      creatorId: user["id"],
    },
    updatedFrom: { updatedAt: fresh.millis(HOUR), name: "Cart" },
  };
}

function reaction(world: World, action: Action): Subject {
  const { fresh, user } = world;
  const on = childIssue(world);
  const comment = { id: fresh.uuid(), body: "Fixed on main", userId: user["id"], issueId: on["id"] };
  return {
    url: `${textAt(on, "url")}#comment-${comment.id.slice(0, 8)}`,
    data: {
      id: fresh.uuid(),
      ...times(world, action),
      emoji: "+1",
      userId: user["id"],
      commentId: comment.id,
      comment,
      user,
    },
  };
}

function all(type: string, name: string, subject: (world: World, action: Action) => Subject): readonly Simulation[] {
  return [
    simulation(type, "create", `${name} was created`, subject),
    simulation(type, "update", `${name} was changed`, subject),
    simulation(type, "remove", `${name} was deleted`, subject),
  ];
}

export const LINEAR: Provider = {
  name: "linear",
  title: "Linear",
  docs: "https://linear.app/developers/webhooks",
  schemes: ["linear"],
  secret: "the webhook's signing secret",
  signatureHeaders: ["Linear-Signature"],
  style: "compact",
  patienceMs: 5_000,
  dataPath: ["data"],
  notes: ["The age is judged by `webhookTimestamp` in the body, which is the time of sending."],
  simulations: [
    ...all("Issue", "An issue", issue),
    ...all("Comment", "A comment", comment),
    ...all("Project", "A project", project),
    ...all("ProjectUpdate", "An update of a project", projectUpdate),
    ...all("Cycle", "A cycle", cycle),
    ...all("IssueLabel", "A label", issueLabel),
    simulation("Reaction", "create", "Somebody reacted to a comment", reaction),
    simulation("Reaction", "remove", "A reaction was taken back", reaction),
  ],
};
