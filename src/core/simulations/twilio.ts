import type { Fresh, Person } from "./fresh.ts";
import type { JsonObject, Provider, Simulation } from "./provider.ts";

const API_VERSION = "2010-04-01";

/** Both ends of a message or a call, with Twilio's ids: two letters for the kind, and hex. */
interface World {
  fresh: Fresh;
  account: string;
  sender: Person;
  /** The account's own number. */
  own: string;
}

function simulation(
  type: string,
  title: string,
  fields: (world: World) => JsonObject & { sid: string },
  aliases: readonly string[] = [],
): Simulation {
  const make = (fresh: Fresh) => {
    const sender = fresh.person();
    const { sid, ...body } = fields({ fresh, account: `AC${fresh.hex(32)}`, sender, own: "+15005550006" });
    return {
      id: sid,
      headers: {
        Accept: "*/*",
        "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
        "User-Agent": "TwilioProxy/1.1",
        "I-Twilio-Idempotency-Token": fresh.uuid(),
        "X-Home-Region": "us1",
      },
      body,
    };
  };
  return { type, aliases, title, make };
}

/** Where the two ends are, as Twilio knows it of a number. */
function places({ sender }: World, isVoice: boolean): JsonObject {
  const { city, regionCode, postal, country } = sender.address;
  const from = { FromCountry: country, FromState: regionCode, FromCity: city.toUpperCase(), FromZip: postal };
  const to = { ToCountry: "US", ToState: "CA", ToCity: "SAN FRANCISCO", ToZip: "94105" };
  const caller = { CallerCountry: country, CallerState: regionCode, CallerCity: city.toUpperCase(), CallerZip: postal };
  const called = { CalledCountry: "US", CalledState: "CA", CalledCity: "SAN FRANCISCO", CalledZip: "94105" };
  return isVoice ? { ...from, ...to, ...caller, ...called } : { ...to, ...from };
}

function incoming(world: World, media: number): JsonObject & { sid: string } {
  const { fresh, account, sender, own } = world;
  const sid = `${media === 0 ? "SM" : "MM"}${fresh.hex(32)}`;
  const pictures = Array.from({ length: media }, (_, at) => ({
    [`MediaContentType${at}`]: "image/jpeg",
    [`MediaUrl${at}`]: `https://api.twilio.com/${API_VERSION}/Accounts/${account}/Messages/${sid}/Media/ME${fresh.hex(32)}`,
  }));
  return {
    sid,
    ...places(world, false),
    SmsMessageSid: sid,
    NumMedia: String(media),
    SmsSid: sid,
    SmsStatus: "received",
    Body: media === 0 ? "Where is my order 1001? Thanks & bye – é" : "It looks like this",
    To: own,
    MessagingServiceSid: `MG${fresh.hex(32)}`,
    NumSegments: "1",
    MessageSid: sid,
    AccountSid: account,
    ...Object.assign({}, ...pictures),
    From: sender.phone,
    ApiVersion: API_VERSION,
  };
}

function whatsapp(world: World): JsonObject & { sid: string } {
  const { fresh, account, sender, own } = world;
  const sid = `SM${fresh.hex(32)}`;
  return {
    sid,
    SmsMessageSid: sid,
    NumMedia: "0",
    ProfileName: `${sender.first} ${sender.last}`,
    MessageType: "text",
    SmsSid: sid,
    WaId: sender.phone.slice(1),
    SmsStatus: "received",
    Body: "Is the tent back in stock?",
    To: `whatsapp:${own}`,
    NumSegments: "1",
    ReferralNumMedia: "0",
    MessageSid: sid,
    AccountSid: account,
    ChannelMetadata: JSON.stringify({
      type: "whatsapp",
      data: { context: { ProfileName: `${sender.first} ${sender.last}`, WaId: sender.phone.slice(1) } },
    }),
    From: `whatsapp:${sender.phone}`,
    ApiVersion: API_VERSION,
  };
}

type MessageStatus = "queued" | "sent" | "delivered" | "undelivered" | "failed" | "read";

function messageStatus(status: MessageStatus, error?: string) {
  return ({ fresh, account, sender, own }: World): JsonObject & { sid: string } => {
    const sid = `SM${fresh.hex(32)}`;
    const channel = status === "read" ? "whatsapp:" : "";
    return {
      sid,
      ...(error === undefined ? {} : { ErrorCode: error }),
      ApiVersion: API_VERSION,
      MessageStatus: status,
      // Of what came back from the carrier: day, month and time.
      ...(status === "delivered" ? { RawDlrDoneDate: fresh.time().slice(2, 16).replace(/[-T:]/g, "") } : {}),
      SmsSid: sid,
      SmsStatus: status,
      To: channel + sender.phone,
      From: channel + own,
      MessageSid: sid,
      AccountSid: account,
    };
  };
}

type CallStatus = "ringing" | "initiated" | "in-progress" | "completed" | "busy" | "no-answer" | "failed";

function call(status: CallStatus, direction: "inbound" | "outbound-api") {
  return (world: World): JsonObject & { sid: string } => {
    const { fresh, account, sender, own } = world;
    const sid = `CA${fresh.hex(32)}`;
    const [from, to] = direction === "inbound" ? [sender.phone, own] : [own, sender.phone];
    const seconds = fresh.integer(12, 900);
    const isStatus = direction === "outbound-api";
    return {
      sid,
      ...places(world, true),
      Called: to,
      Caller: from,
      To: to,
      From: from,
      CallSid: sid,
      AccountSid: account,
      ApiVersion: API_VERSION,
      CallStatus: status,
      Direction: direction,
      ...(isStatus
        ? {
            CallbackSource: "call-progress-events",
            SequenceNumber: { initiated: "0", ringing: "1", "in-progress": "2" }[status as string] ?? "3",
            Timestamp: new Date(fresh.now).toUTCString().replace("GMT", "+0000"),
          }
        : {
            CallToken: JSON.stringify({ parentCallInfoToken: fresh.base62(120) }),
            StirVerstat: "TN-Validation-Passed-A",
          }),
      ...(status === "completed"
        ? { CallDuration: String(seconds), Duration: String(Math.ceil(seconds / 60)), SipResponseCode: "200" }
        : {}),
    };
  };
}

function recording({ fresh, account }: World): JsonObject & { sid: string } {
  const sid = `RE${fresh.hex(32)}`;
  const seconds = fresh.integer(12, 900);
  return {
    sid,
    RecordingSource: "OutboundAPI",
    RecordingSid: sid,
    RecordingUrl: `https://api.twilio.com/${API_VERSION}/Accounts/${account}/Recordings/${sid}`,
    RecordingStatus: "completed",
    RecordingChannels: "1",
    ErrorCode: "0",
    CallSid: `CA${fresh.hex(32)}`,
    RecordingStartTime: new Date((fresh.seconds() - seconds) * 1000).toUTCString().replace("GMT", "+0000"),
    AccountSid: account,
    RecordingDuration: String(seconds),
    RecordingTrack: "both",
  };
}

function transcription({ fresh, account, sender, own }: World): JsonObject & { sid: string } {
  const sid = `TR${fresh.hex(32)}`;
  const recordingSid = `RE${fresh.hex(32)}`;
  const base = `http://api.twilio.com/${API_VERSION}/Accounts/${account}`;
  return {
    sid,
    ApiVersion: API_VERSION,
    TranscriptionType: "fast",
    TranscriptionUrl: `${base}/Recordings/${recordingSid}/Transcriptions/${sid}`,
    TranscriptionSid: sid,
    Called: own,
    RecordingSid: recordingSid,
    CallStatus: "completed",
    RecordingUrl: `${base}/Recordings/${recordingSid}`,
    From: sender.phone,
    Direction: "inbound",
    url: `${base}/Recordings/${recordingSid}/Transcriptions/${sid}`,
    AccountSid: account,
    TranscriptionText: "Hello, I am calling about my order.",
    Caller: sender.phone,
    TranscriptionStatus: "completed",
    CallSid: `CA${fresh.hex(32)}`,
    To: own,
  };
}

export const TWILIO_SIMULATIONS: Provider = {
  name: "twilio",
  title: "Twilio",
  docs: "https://www.twilio.com/docs/usage/webhooks",
  schemes: ["twilio"],
  secret: "the account's auth token",
  signsUrl: true,
  signatureHeaders: ["X-Twilio-Signature"],
  style: "form",
  patienceMs: 15_000,
  dataPath: [],
  notes: ["The answer to `message.received` and `call.incoming` is TwiML; only its status is judged here."],
  simulations: [
    simulation("message.received", "An SMS came in", (world) => incoming(world, 0), ["sms", "message"]),
    simulation("message.received.media", "A message with pictures came in", (world) => incoming(world, 2), ["mms"]),
    simulation("whatsapp.received", "A WhatsApp message came in", whatsapp, ["whatsapp"]),
    simulation("message.queued", "A message waits", messageStatus("queued")),
    simulation("message.sent", "A message was handed to the carrier", messageStatus("sent")),
    simulation("message.delivered", "A message was delivered", messageStatus("delivered")),
    simulation("message.read", "A WhatsApp message was read", messageStatus("read")),
    simulation("message.undelivered", "A carrier refused a message", messageStatus("undelivered", "30007")),
    simulation("message.failed", "A message could not be sent", messageStatus("failed", "30008")),
    simulation("call.incoming", "Somebody calls", call("ringing", "inbound"), ["call", "voice"]),
    simulation("call.initiated", "A call of ours was begun", call("initiated", "outbound-api")),
    simulation("call.ringing", "A call of ours rings", call("ringing", "outbound-api")),
    simulation("call.answered", "A call of ours was answered", call("in-progress", "outbound-api")),
    simulation("call.completed", "A call of ours ended", call("completed", "outbound-api")),
    simulation("call.busy", "A call of ours met a busy line", call("busy", "outbound-api")),
    simulation("call.no-answer", "A call of ours was not answered", call("no-answer", "outbound-api")),
    simulation("recording.completed", "A recording is ready", recording, ["recording"]),
    simulation("transcription.completed", "A recording was transcribed", transcription, ["transcription"]),
  ],
};
