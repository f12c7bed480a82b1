import { createHmac } from "node:crypto";
import { type Fresh, fullName, HOUR, MINUTE, type Person } from "./fresh.ts";
import type { JsonObject, Provider, SimulatedEvent, Simulation } from "./provider.ts";

interface World {
  fresh: Fresh;
  account: string;
  host: Person;
  hostId: string;
  guest: Person;
  meetingId: number;
}

function makeWorld(fresh: Fresh): World {
  const host = fresh.person();
  let guest = fresh.person();
  while (guest === host) guest = fresh.person();
  return { fresh, account: id22(fresh), host, hostId: id22(fresh), guest, meetingId: Number(fresh.digits(11)) };
}

/** Sixteen bytes as Zoom writes ids of accounts and people. */
function id22(fresh: Fresh): string {
  return fresh.base62(22);
}

function meetingUuid(fresh: Fresh): string {
  return Buffer.from(fresh.hex(32), "hex").toString("base64");
}

function request(fresh: Fresh, body: JsonObject): SimulatedEvent {
  const id = `WEB_${fresh.hex(32)}`;
  return {
    id,
    headers: {
      "Content-Type": "application/json; charset=utf-8",
      "User-Agent": "Zoom Marketplace/1.0a",
      clientid: id22(fresh),
      "x-zm-trackingid": id,
    },
    body,
  };
}

function simulation(
  event: string,
  title: string,
  object: (world: World) => JsonObject,
  besides: (world: World) => JsonObject = () => ({}),
  ofEvent: (world: World) => JsonObject = () => ({}),
): Simulation {
  const make = (fresh: Fresh): SimulatedEvent => {
    const world = makeWorld(fresh);
    const payload = { account_id: world.account, ...besides(world), object: object(world) };
    return request(fresh, { event, payload, event_ts: fresh.now, ...ofEvent(world) });
  };
  return { type: event, title, make };
}

/** `id` is text while a meeting goes on, and a number where it is only planned. */
function meeting(world: World, isLive: boolean, startedAgo: number): JsonObject {
  const { fresh, meetingId, hostId } = world;
  return {
    duration: 60,
    start_time: fresh.time(startedAgo),
    timezone: "America/New_York",
    topic: "Weekly review",
    id: isLive ? String(meetingId) : meetingId,
    type: 2,
    uuid: meetingUuid(fresh),
    host_id: hostId,
  };
}

function planned(world: World): JsonObject {
  return {
    ...meeting(world, false, -HOUR),
    join_url: `https://acme.zoom.us/j/${world.meetingId}?pwd=${world.fresh.base62(32)}`,
    password: world.fresh.digits(6),
    settings: {
      use_pmi: false,
      alternative_hosts: "",
      join_before_host: true,
      jbh_time: 0,
      meeting_invitees: [{ email: world.guest.email }],
    },
  };
}

function operator({ host, hostId }: World): JsonObject {
  return { operator: host.email, operator_id: hostId, operation: "single" };
}

function participant({ fresh, guest }: World, own: JsonObject): JsonObject {
  const id = id22(fresh);
  return {
    user_id: fresh.digits(8),
    user_name: fullName(guest),
    registrant_id: "",
    participant_user_id: id,
    id,
    participant_uuid: fresh.uuid().toUpperCase(),
    email: guest.email,
    ...own,
  };
}

const SECONDS_RECORDED = 45 * MINUTE;

function recording(
  world: World,
  kinds: readonly [type: string, extension: string, kind: string, size: number][],
): JsonObject {
  const { fresh, account, host } = world;
  const uuid = meetingUuid(fresh);
  const started = fresh.time(SECONDS_RECORDED + 10 * MINUTE);
  const share = `https://acme.zoom.us/rec/share/${fresh.base62(64)}`;
  const files = kinds.map(([type, extension, kind, size]) => {
    const id = fresh.uuid();
    const token = fresh.base62(60);
    return {
      id,
      meeting_id: uuid,
      recording_start: started,
      recording_end: fresh.time(10 * MINUTE),
      file_type: type,
      file_size: size,
      file_extension: extension,
      play_url: `https://acme.zoom.us/rec/play/${token}`,
      download_url: `https://acme.zoom.us/rec/webhook_download/${token}`,
      status: "completed",
      recording_type: kind,
    };
  });
  return {
    ...meeting(world, false, SECONDS_RECORDED + 10 * MINUTE),
    uuid,
    account_id: account,
    host_email: host.email,
    duration: 45,
    password: fresh.base62(10),
    share_url: share,
    total_size: kinds.reduce((sum, [, , , size]) => sum + size, 0),
    recording_count: files.length,
    recording_files: files,
  };
}

function validation(fresh: Fresh): SimulatedEvent {
  const plainToken = fresh.base62(22);
  const made = request(fresh, { payload: { plainToken }, event_ts: fresh.now, event: "endpoint.url_validation" });
  return {
    ...made,
    dataPath: ["payload"],
    answer: (text, secret) => {
      const encryptedToken = createHmac("sha256", secret).update(plainToken).digest("hex");
      const wanted = "{ plainToken, encryptedToken }, the latter the HMAC-SHA256 of the former in hex";
      try {
        const answer = JSON.parse(text) as { plainToken?: unknown; encryptedToken?: unknown } | null;
        const isRight = answer?.plainToken === plainToken && answer.encryptedToken === encryptedToken;
        return isRight ? undefined : `the answer is not ${wanted}`;
      } catch {
        return `the answer is no JSON; it must be ${wanted}`;
      }
    },
  };
}

const SIMULATIONS: readonly Simulation[] = [
  {
    type: "endpoint.url_validation",
    aliases: ["url_validation"],
    title: "The endpoint's URL was entered",
    make: validation,
  },
  simulation("meeting.created", "A meeting was planned", planned, operator),
  simulation(
    "meeting.updated",
    "A meeting was changed",
    ({ meetingId, fresh }) => ({ id: meetingId, topic: "Weekly review, moved", start_time: fresh.time(-2 * HOUR) }),
    ({ host, hostId, meetingId, fresh }) => ({
      operator: host.email,
      operator_id: hostId,
      scope: "single",
      time_stamp: fresh.now,
      old_object: { id: meetingId, topic: "Weekly review", start_time: fresh.time(-HOUR) },
    }),
  ),
  simulation("meeting.deleted", "A meeting was deleted", (world) => meeting(world, false, -HOUR), operator),
  simulation("meeting.started", "A meeting began", (world) => meeting(world, true, 0)),
  simulation("meeting.ended", "A meeting ended", (world) => ({
    ...meeting(world, true, 50 * MINUTE),
    end_time: world.fresh.time(),
  })),
  simulation("meeting.participant_joined", "Somebody joined a meeting", (world) => ({
    ...meeting(world, true, 2 * MINUTE),
    participant: participant(world, { join_time: world.fresh.time() }),
  })),
  simulation("meeting.participant_left", "Somebody left a meeting", (world) => ({
    ...meeting(world, true, 30 * MINUTE),
    participant: participant(world, {
      leave_time: world.fresh.time(),
      leave_reason: `left the meeting. Reason : Host closed the meeting.`,
    }),
  })),
  simulation("meeting.participant_joined_waiting_room", "Somebody waits to be let in", (world) => ({
    ...meeting(world, true, 2 * MINUTE),
    participant: participant(world, { date_time: world.fresh.time() }),
  })),
  simulation("meeting.sharing_started", "Somebody shares a screen", (world) => ({
    ...meeting(world, true, 10 * MINUTE),
    participant: {
      user_id: world.fresh.digits(8),
      user_name: fullName(world.guest),
      id: id22(world.fresh),
      sharing_details: {
        content: "desktop",
        link_source: "",
        file_link: "",
        date_time: world.fresh.time(),
        source: "",
      },
    },
  })),
  simulation("meeting.registration_created", "Somebody registered for a meeting", (world) => {
    const { fresh, guest, meetingId } = world;
    return {
      ...meeting(world, false, -24 * HOUR),
      registrant: {
        id: id22(fresh),
        first_name: guest.first,
        last_name: guest.last,
        email: guest.email,
        address: guest.address.line1,
        city: guest.address.city,
        country: guest.address.country,
        zip: guest.address.postal,
        state: guest.address.regionCode,
        phone: guest.phone,
        industry: "Retail",
        org: "Acme",
        job_title: "Buyer",
        comments: "",
        custom_questions: [],
        status: "approved",
        join_url: `https://acme.zoom.us/w/${meetingId}?tk=${fresh.base62(43)}`,
      },
    };
  }),
  simulation("recording.started", "A recording began", (world) => ({
    ...meeting(world, false, 5 * MINUTE),
    recording_file: { recording_start: world.fresh.time(), recording_end: "" },
  })),
  simulation(
    "recording.completed",
    "A recording can be downloaded",
    (world) =>
      recording(world, [
        ["MP4", "MP4", "shared_screen_with_speaker_view", 246_560_842],
        ["M4A", "M4A", "audio_only", 24_125_018],
      ]),
    () => ({}),
    ({ fresh }) => ({ download_token: fresh.base62(120) }),
  ),
  simulation(
    "recording.transcript_completed",
    "A recording's transcript can be downloaded",
    (world) => recording(world, [["TRANSCRIPT", "VTT", "audio_transcript", 61_240]]),
    () => ({}),
    ({ fresh }) => ({ download_token: fresh.base62(120) }),
  ),
  simulation("webinar.started", "A webinar began", (world) => ({ ...meeting(world, true, 0), type: 5 })),
  simulation("webinar.ended", "A webinar ended", (world) => ({
    ...meeting(world, true, HOUR),
    type: 5,
    end_time: world.fresh.time(),
  })),
  simulation(
    "user.created",
    "Somebody was added to the account",
    ({ fresh, guest }) => ({
      id: id22(fresh),
      first_name: guest.first,
      last_name: guest.last,
      display_name: fullName(guest),
      email: guest.email,
      type: 2,
    }),
    ({ host, hostId }) => ({ operator: host.email, operator_id: hostId, creation_type: "create" }),
  ),
];

export const ZOOM: Provider = {
  name: "zoom",
  title: "Zoom",
  docs: "https://developers.zoom.us/docs/api/webhooks/",
  schemes: ["zoom"],
  secret: "the app's secret token",
  signatureHeaders: ["x-zm-signature", "x-zm-request-timestamp"],
  style: "compact",
  patienceMs: 3_000,
  dataPath: ["payload", "object"],
  notes: ["`endpoint.url_validation` succeeds only if the answer has the token and its HMAC."],
  simulations: SIMULATIONS,
};
