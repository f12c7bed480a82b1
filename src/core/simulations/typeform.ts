import { type Fresh, fullName, MINUTE } from "./fresh.ts";
import type { JsonObject, Provider, SimulatedEvent, Simulation } from "./provider.ts";

/** A question of the form and what was answered. */
interface Question {
  type: string;
  title: string;
  more?: JsonObject;
  /** `type` of the answer, and the field of that name. */
  answer: (fresh: Fresh, options: readonly Choice[]) => JsonObject;
  options?: readonly string[];
}

interface Choice {
  id: string;
  ref: string;
  label: string;
}

const QUESTIONS: readonly Question[] = [
  {
    type: "short_text",
    title: "What is your name?",
    answer: (fresh) => ({ type: "text", text: fullName(fresh.person()) }),
  },
  {
    type: "email",
    title: "Where can we write to you?",
    answer: (fresh) => ({ type: "email", email: fresh.person().email }),
  },
  {
    type: "multiple_choice",
    title: "How did you find us?",
    options: ["A friend", "A search", "An advertisement"],
    answer: (fresh, options) => ({
      type: "choice",
      choice: { ...fresh.pick(options as readonly [Choice, ...Choice[]]) },
    }),
  },
  {
    type: "multiple_choice",
    title: "What did you buy?",
    more: { allow_multiple_selections: true },
    options: ["Tent", "Lantern", "Sleeping bag"],
    answer: (_, options) => {
      const chosen = options.slice(0, 2);
      return {
        type: "choices",
        choices: {
          ids: chosen.map(({ id }) => id),
          labels: chosen.map(({ label }) => label),
          refs: chosen.map(({ ref }) => ref),
        },
      };
    },
  },
  {
    type: "opinion_scale",
    title: "How likely is it that you recommend us?",
    answer: (fresh) => ({ type: "number", number: fresh.integer(6, 10) }),
  },
  { type: "yes_no", title: "Would you buy again?", answer: () => ({ type: "boolean", boolean: true }) },
  { type: "date", title: "When did it arrive?", answer: (fresh) => ({ type: "date", date: fresh.date(3 * 86_400) }) },
  { type: "website", title: "Do you have a page?", answer: () => ({ type: "url", url: "https://blog.example.com" }) },
  {
    type: "long_text",
    title: "What could be better?",
    answer: () => ({ type: "text", text: "The zip – it’s stiff.\nElse: great!" }),
  },
];

const FINISHED_AFTER = 3 * MINUTE;

interface FormOptions {
  /** Answers that were given, from the first. Default: all. */
  answered?: number;
  hidden?: JsonObject;
}

function response(fresh: Fresh, { answered = QUESTIONS.length, hidden }: FormOptions): JsonObject {
  const token = fresh.text(32, "abcdefghijklmnopqrstuvwxyz0123456789");
  const asked = QUESTIONS.map((question) => {
    const field: JsonObject = { id: fresh.base62(12), ref: fresh.uuid(), type: question.type, title: question.title };
    const options = (question.options ?? []).map(
      (label): Choice => ({ id: fresh.base62(12), ref: fresh.uuid(), label }),
    );
    return { question, field, options };
  });
  const endingRef = fresh.uuid();
  const endingId = fresh.base62(12);
  return {
    form_id: fresh.base62(8),
    token,
    landed_at: fresh.time(FINISHED_AFTER),
    submitted_at: fresh.time(),
    ...(hidden === undefined ? {} : { hidden }),
    calculated: { score: 9 },
    variables: [
      { key: "score", type: "number", number: 9 },
      { key: "name", type: "text", text: "typeform" },
    ],
    definition: {
      id: fresh.base62(8),
      title: "After your order",
      fields: asked.map(({ question, field, options }) => ({
        ...field,
        ...question.more,
        properties: {},
        ...(options.length === 0 ? {} : { choices: options.map(({ id, ref, label }) => ({ id, ref, label })) }),
      })),
      endings: [
        {
          id: endingId,
          ref: endingRef,
          title: "Thank you!",
          type: "thankyou_screen",
          properties: {
            button_text: "Create a typeform",
            show_button: true,
            share_icons: false,
            button_mode: "default_redirect",
          },
        },
      ],
      ...(hidden === undefined ? {} : { hidden: Object.keys(hidden) }),
    },
    answers: asked.slice(0, answered).map(({ question, field, options }) => {
      const { id, ref, type } = field;
      return { ...question.answer(fresh, options), field: { id, type, ref } };
    }),
    ...(answered < QUESTIONS.length ? {} : { ending: { id: endingId, ref: endingRef } }),
  };
}

function simulation(type: string, eventType: string, title: string, options: FormOptions): Simulation {
  const make = (fresh: Fresh): SimulatedEvent => {
    const id = fresh.ulid().toUpperCase();
    const body = response(fresh, options);
    const { definition } = body;
    return {
      id,
      headers: { "Content-Type": "application/json", "User-Agent": "Typeform Webhooks" },
      body: {
        event_id: id,
        event_type: eventType,
        form_response: { ...body, form_id: (definition as JsonObject)["id"] },
      },
    };
  };
  return { type, title, make };
}

export const TYPEFORM: Provider = {
  name: "typeform",
  title: "Typeform",
  docs: "https://www.typeform.com/developers/webhooks/example-payload/",
  schemes: ["typeform"],
  secret: "the webhook's secret",
  signatureHeaders: ["Typeform-Signature"],
  style: "compact",
  patienceMs: 30_000,
  dataPath: ["form_response"],
  simulations: [
    simulation("form_response", "form_response", "A form was sent off", {}),
    simulation("form_response.hidden", "form_response", "A form with hidden fields was sent off", {
      hidden: { order_id: "ord_1001", utm_source: "mail" },
    }),
    simulation("form_response_partial", "form_response_partial", "A form was left half-filled", { answered: 3 }),
  ],
};
