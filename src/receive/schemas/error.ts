import { Type } from "typebox";
import { ERROR_CODES } from "../../core/errors.ts";
import { STATUS_OF_CODE, toPublicCode } from "../http-error.ts";

/** The codes that can be met over HTTP. */
const PUBLIC_CODES = [...new Set(ERROR_CODES.map(toPublicCode))];

export const ERROR = Type.Object(
  {
    error: Type.Object(
      {
        code: Type.Enum(PUBLIC_CODES, {
          description: PUBLIC_CODES.map((code) => `${STATUS_OF_CODE[code]} ${code}`).join(", "),
        }),
        message: Type.String({ maxLength: 500, description: "for people; names the field and says what is accepted" }),
        field: Type.Optional(Type.String({ description: "the field, header or query parameter that is wrong" })),
        hint: Type.Optional(Type.String({ description: "what to do now" })),
        request_id: Type.String({ pattern: "^req_[0-9a-z]+$" }),
      },
      { additionalProperties: false },
    ),
  },
  { $id: "Error", additionalProperties: false },
);
