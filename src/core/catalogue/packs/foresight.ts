import {
  amount,
  anyMembers,
  count,
  date,
  email,
  type Field,
  type Fields,
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
} from "../pack-fields.ts";
import type { TypeDefinition } from "../type-definition.ts";

const CREATED = "2026-01-12T14:03:00.000Z";
const UPDATED = "2026-01-13T09:20:45.000Z";
const DELETED = "2026-01-20T17:00:00.000Z";

const organizationId = id("org_123");
const userId = id("user_8vQ2");
const patientId = id("patient_789");
const claimId = id("claim_456");
const documentId = id("doc_5521");
const memberId = id("member_31");

const changedFields = (...names: string[]): Field => optional(list(text(names[0] ?? ""), names));

const organization: Fields = {
  organization_id: organizationId,
  name: text("Lakeside Family Clinic"),
  slug: optional(text("lakeside-family-clinic")),
};

const user: Fields = {
  user_id: userId,
  email: email("jo.reyes@example.com"),
  first_name: optional(text("Jo")),
  last_name: optional(text("Reyes")),
  role: optional(text("coder")),
};

/** Without names or dates of birth: receivers look a patient up by the id. */
const patient: Fields = {
  patient_id: patientId,
  external_id: optional(orNull(id("MRN-0042"))),
};

const claim: Fields = {
  claim_id: claimId,
  patient_id: patientId,
  amount: amount(1500),
};

const document: Fields = {
  document_id: documentId,
  file_name: text("explanation-of-benefits.pdf"),
  claim_id: optional(orNull(claimId)),
};

const member: Fields = {
  team_member_id: memberId,
  user_id: userId,
  organization_id: organizationId,
};

/** The events of Foresight. Its document lists the types; of their data it shows that of `claim.approved`. */
export const FORESIGHT: readonly TypeDefinition[] = [
  ...tagged("organization", [
    packType("organization.created", "An organization signed up.", { ...organization, created_at: instant(CREATED) }),
    packType("organization.updated", "An organization's record was changed.", {
      ...organization,
      changed_fields: changedFields("name"),
      updated_at: instant(UPDATED),
    }),
    packType("organization.deleted", "An organization was deleted.", {
      organization_id: organizationId,
      deleted_at: instant(DELETED),
    }),
    packType("organization.settings.changed", "Settings of an organization were changed.", {
      organization_id: organizationId,
      changes: anyMembers({ timezone: "America/Chicago" }, "the settings that changed, with their new values"),
      changed_at: instant(UPDATED),
    }),
  ]),
  ...tagged("user", [
    packType("user.created", "A user was made.", { ...user, created_at: instant(CREATED) }),
    packType("user.updated", "A user's record was changed.", {
      ...user,
      changed_fields: changedFields("last_name"),
      updated_at: instant(UPDATED),
    }),
    packType("user.deleted", "A user was deleted.", { user_id: userId, deleted_at: instant(DELETED) }),
    packType("user.role.changed", "A user has another role.", {
      user_id: userId,
      old_role: text("coder"),
      new_role: text("admin"),
      changed_at: instant(UPDATED),
    }),
  ]),
  ...tagged("patient", [
    packType("patient.created", "A patient was registered.", { ...patient, created_at: instant(CREATED) }),
    packType("patient.updated", "A patient's record was changed.", {
      ...patient,
      changed_fields: changedFields("insurance", "address"),
      updated_at: instant(UPDATED),
    }),
    packType("patient.deleted", "A patient's record was deleted.", {
      patient_id: patientId,
      deleted_at: instant(DELETED),
    }),
  ]),
  ...tagged("claim", [
    packType("claim.created", "A claim was drafted.", { ...claim, created_at: instant(CREATED) }),
    packType("claim.updated", "A claim was changed before it was decided.", {
      ...claim,
      changed_fields: changedFields("amount"),
      updated_at: instant(UPDATED),
    }),
    packType("claim.submitted", "A claim was sent to the payer.", {
      ...claim,
      payer: optional(text("Example Health Plan")),
      submitted_at: instant("2026-01-14T08:00:00.000Z"),
    }),
    packType("claim.approved", "The payer approved a claim.", {
      ...claim,
      approved_date: instant("2026-01-19T15:45:12.000Z"),
    }),
    packType("claim.denied", "The payer denied a claim.", {
      ...claim,
      denial_code: optional(text("CO-197")),
      reason: optional(text("precertification is missing")),
      denied_date: instant("2026-01-19T15:45:12.000Z"),
    }),
    packType("claim.processing.started", "The check of a claim began.", {
      claim_id: claimId,
      started_at: instant("2026-01-13T09:21:00.000Z"),
    }),
    packType("claim.processing.completed", "The check of a claim ended.", {
      claim_id: claimId,
      status: oneOf(["ready", "needs_review", "failed"]),
      issues_found: optional(count(0)),
      completed_at: instant("2026-01-13T09:21:08.000Z"),
    }),
  ]),
  ...tagged("document", [
    packType("document.uploaded", "A document was uploaded.", {
      ...document,
      content_type: optional(text("application/pdf")),
      size_bytes: optional(count(248_113)),
      uploaded_at: instant(CREATED),
    }),
    packType("document.processed", "The text of a document was read.", {
      ...document,
      page_count: optional(count(3)),
      processed_at: instant("2026-01-12T14:03:21.000Z"),
    }),
    packType("document.analysis.completed", "What a document says was analysed.", {
      document_id: documentId,
      document_type: optional(text("explanation_of_benefits")),
      confidence: optional(number(0.97, "from 0 to 1")),
      completed_at: instant("2026-01-12T14:03:40.000Z"),
    }),
    packType("document.deleted", "A document was deleted.", { document_id: documentId, deleted_at: instant(DELETED) }),
  ]),
  ...tagged("team_member", [
    packType("team_member.added", "A user joined an organization.", {
      ...member,
      role: text("coder"),
      added_at: instant(CREATED),
    }),
    packType("team_member.updated", "A team member's role or state was changed.", {
      ...member,
      role: text("reviewer"),
      started: optional(date("2026-01-12")),
      updated_at: instant(UPDATED),
    }),
    packType("team_member.removed", "A user left an organization.", { ...member, removed_at: instant(DELETED) }),
  ]),
];
