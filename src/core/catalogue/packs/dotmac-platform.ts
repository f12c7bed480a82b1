import {
  count,
  email,
  type Fields,
  flag,
  id,
  instant,
  list,
  number,
  oneOf,
  optional,
  orNull,
  packType,
  tagged,
  text,
  uri,
} from "../pack-fields.ts";
import type { TypeDefinition } from "../type-definition.ts";

const NOW = "2025-09-30T12:00:00Z";

const userId = id("user_77");
const severity = oneOf(["low", "medium", "high", "critical"], "high");

const user: Fields = { user_id: userId, email: optional(email("sam@northwind.example")) };

const mail: Fields = {
  message_id: id("msg_0c41"),
  to: list(email("sam@northwind.example")),
  subject: text("Your invoice for September"),
};

const bulkMail: Fields = {
  job_id: id("bulk_12"),
  total: count(1_200),
  sent: count(1_194),
  failed: count(6),
};

const file: Fields = {
  file_id: id("file_5e"),
  file_name: text("contract.pdf"),
  size: optional(count(184_320, "bytes")),
};

const transfer: Fields = {
  job_id: id("job_204"),
  entity: optional(text("customers")),
  format: optional(oneOf(["csv", "json", "excel", "xml", "yaml"])),
};

const ticket: Fields = {
  ticket_id: id("tick_330"),
  subject: optional(text("No connection since this morning")),
  priority: optional(oneOf(["low", "normal", "high", "urgent"], "high")),
};

/** What the DotMac platform says of users, mail, files, jobs, reports, audits and tickets. */
export const DOTMAC_PLATFORM: readonly TypeDefinition[] = [
  ...tagged("user", [
    packType("user.registered", "A user signed up.", { ...user, registered_at: instant(NOW) }),
    packType("user.updated", "A user's record was changed.", {
      ...user,
      changed_fields: optional(list(text("email"))),
      updated_at: instant(NOW),
    }),
    packType("user.deleted", "A user was deleted.", { user_id: userId, deleted_at: instant(NOW) }),
    packType("user.login", "A user signed in.", {
      ...user,
      ip_address: optional(text("203.0.113.7")),
      user_agent: optional(text("Mozilla/5.0")),
      logged_in_at: instant(NOW),
    }),
  ]),
  ...tagged("communications", [
    packType("email.sent", "A mail was handed to the provider.", { ...mail, sent_at: optional(instant(NOW)) }),
    packType("email.delivered", "A mail reached its mailbox.", { ...mail, delivered_at: instant(NOW) }),
    packType("email.bounced", "A mail came back.", {
      ...mail,
      bounce_type: oneOf(["hard", "soft"]),
      reason: optional(text("mailbox does not exist")),
    }),
    packType("email.failed", "A mail could not be sent.", { ...mail, error: text("provider is not reachable") }),
    packType("bulk_email.completed", "A mailing is done.", { ...bulkMail, completed_at: instant(NOW) }),
    packType("bulk_email.failed", "A mailing was broken off.", { ...bulkMail, error: text("quota is used up") }),
  ]),
  ...tagged("file_storage", [
    packType("file.uploaded", "A file was stored.", {
      ...file,
      content_type: optional(text("application/pdf")),
      uploaded_by: optional(userId),
      uploaded_at: instant(NOW),
    }),
    packType("file.deleted", "A file was deleted.", { ...file, deleted_at: instant(NOW) }),
    packType("file.scan_completed", "A file was checked for malware.", {
      ...file,
      clean: flag(true),
      threat: optional(orNull(text("EICAR-Test-File"))),
      scanned_at: instant(NOW),
    }),
    packType("storage.quota_exceeded", "More is stored than the quota allows.", {
      used_bytes: count(10_995_116_277),
      quota_bytes: count(10_737_418_240),
    }),
  ]),
  ...tagged("data_transfer", [
    packType("import.completed", "An import is done.", {
      ...transfer,
      records_total: count(5_000),
      records_failed: count(3),
      completed_at: instant(NOW),
    }),
    packType("import.failed", "An import was broken off.", { ...transfer, error: text("line 17 has too few columns") }),
    packType("export.completed", "An export is ready.", {
      ...transfer,
      records_total: count(5_000),
      download_url: optional(uri("https://files.northwind.example/exports/job_204.csv")),
      completed_at: instant(NOW),
    }),
    packType("export.failed", "An export was broken off.", { ...transfer, error: text("storage is full") }),
  ]),
  ...tagged("analytics", [
    packType("metric.threshold_exceeded", "A metric passed its threshold.", {
      metric: text("api.latency_p95_ms"),
      threshold: number(500),
      value: number(731.5),
      severity: optional(severity),
    }),
    packType("report.generated", "A report is ready.", {
      report_id: id("rep_9"),
      report_type: text("monthly_revenue"),
      url: optional(uri("https://files.northwind.example/reports/rep_9.pdf")),
      generated_at: instant(NOW),
    }),
  ]),
  ...tagged("audit", [
    packType("security.alert", "Something that concerns security happened.", {
      alert_id: id("alert_61"),
      severity,
      description: text("20 failed sign-ins within one minute"),
      user_id: optional(orNull(userId)),
    }),
    packType("compliance.violation", "A compliance rule was broken.", {
      rule: text("gdpr.retention"),
      severity,
      description: text("Personal data is kept longer than 24 months"),
      resource: optional(text("customers/cust_456")),
    }),
  ]),
  ...tagged("ticketing", [
    packType("ticket.created", "A ticket was opened.", {
      ...ticket,
      customer_id: optional(id("cust_456")),
      created_at: instant(NOW),
    }),
    packType("ticket.updated", "A ticket was changed.", {
      ...ticket,
      status: optional(oneOf(["open", "in_progress", "waiting", "resolved", "closed"], "in_progress")),
      updated_at: instant(NOW),
    }),
    packType("ticket.closed", "A ticket was closed.", {
      ...ticket,
      resolution: optional(text("cable was replaced")),
      closed_at: instant(NOW),
    }),
    packType("ticket.sla_breach", "A ticket was not dealt with in the time that was promised.", {
      ...ticket,
      sla: optional(text("first_response")),
      due_at: instant("2025-09-30T10:00:00Z"),
      breached_at: instant(NOW),
    }),
  ]),
];
