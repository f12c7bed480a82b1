import {
  amount,
  count,
  date,
  id,
  instant,
  list,
  number,
  oneOf,
  optional,
  packType,
  tagged,
  text,
} from "../pack-fields.ts";
import type { TypeDefinition } from "../type-definition.ts";

const customer = { customer_id: optional(id("cust_abc")) };

/** The events of SecureBase. Fields are those of its table of payloads; `customer_id` is in its sample besides. */
export const SECUREBASE: readonly TypeDefinition[] = [
  ...tagged("invoice", [
    packType("invoice.created", "A new invoice was generated.", {
      invoice_id: id("inv_12345"),
      ...customer,
      amount: amount(250),
      status: oneOf(["draft", "issued", "paid", "overdue", "void"], "issued"),
      due_date: date("2026-02-19"),
    }),
    packType("invoice.paid", "An invoice was marked as paid.", {
      invoice_id: id("inv_12345"),
      ...customer,
      amount: amount(250),
      paid_at: instant("2026-02-11T09:41:27Z"),
    }),
    packType("invoice.overdue", "The due date of an invoice passed, and it is not paid.", {
      invoice_id: id("inv_12345"),
      ...customer,
      amount: amount(250),
      days_overdue: count(7),
    }),
  ]),
  ...tagged("ticket", [
    packType("ticket.created", "A support ticket was opened.", {
      ticket_id: id("tkt_8731"),
      ...customer,
      subject: text("Cannot reach the audit bucket"),
      priority: oneOf(["low", "medium", "high", "critical"], "high"),
    }),
    packType("ticket.updated", "The status of a ticket changed.", {
      ticket_id: id("tkt_8731"),
      ...customer,
      old_status: text("open"),
      new_status: text("in_progress"),
    }),
    packType("ticket.resolved", "A ticket was marked as resolved.", {
      ticket_id: id("tkt_8731"),
      ...customer,
      resolution_time: number(14_400, "from opening to resolution, in seconds"),
    }),
  ]),
  ...tagged("compliance", [
    packType("compliance.scan_completed", "A compliance scan finished.", {
      framework: text("soc2"),
      ...customer,
      score: number(96.5, "percent of the controls that pass"),
      passing_controls: count(193),
    }),
    packType("compliance.finding_critical", "A scan found something critical.", {
      framework: text("cis-aws"),
      ...customer,
      control_id: id("CIS-1.4"),
      description: text("The root account has an active access key"),
    }),
  ]),
  ...tagged("usage", [
    packType("usage.threshold_exceeded", "A measured use is above its limit.", {
      metric: text("s3_storage_gb"),
      ...customer,
      threshold: number(500),
      current_value: number(512.3),
    }),
  ]),
  ...tagged("api_key", [
    packType("api_key.created", "An API key was made.", {
      key_id: id("key_4fd2"),
      ...customer,
      scopes: list(text("read:invoices"), ["read:invoices", "write:tickets"]),
    }),
    packType("api_key.revoked", "An API key was deleted.", {
      key_id: id("key_4fd2"),
      ...customer,
      revoked_at: instant("2026-03-02T16:05:00Z"),
    }),
  ]),
];
