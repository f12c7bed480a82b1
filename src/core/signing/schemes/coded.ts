import type { Scheme } from "../scheme.ts";
import { adyenPayments } from "./adyen-payments.ts";
import { plaid } from "./plaid.ts";
import { rfc9421 } from "./rfc9421.ts";
import { sns } from "./sns.ts";
import { twilio } from "./twilio.ts";

export const CODED_SCHEMES: readonly Scheme[] = [twilio, adyenPayments, sns, plaid, rfc9421];
