import type { Scheme } from "../scheme.ts";
import { ADYEN_PAYMENTS } from "./adyen-payments.ts";
import { PLAID } from "./plaid.ts";
import { RFC_9421 } from "./rfc9421.ts";
import { SNS } from "./sns.ts";
import { TWILIO } from "./twilio.ts";

export const CODED_SCHEMES: readonly Scheme[] = [TWILIO, ADYEN_PAYMENTS, SNS, PLAID, RFC_9421];
