import { date, type Fields, id, instant, list, optional, packType, tagged, text, timeOfDay } from "../pack-fields.ts";
import type { TypeDefinition } from "../type-definition.ts";

/** What each of the events carries of its appointment. */
const appointment: Fields = {
  appointment_id: id("appointment:12345"),
  patient_id: id("patient:67890"),
  provider_id: id("provider:11111"),
  appointment_date: date("2023-09-15"),
  start_time: timeOfDay("10:00"),
  end_time: timeOfDay("10:30"),
  appointment_type: text("consultation"),
};

/** The events of ArsMedicaTech. */
export const ARSMEDICA: readonly TypeDefinition[] = tagged("appointment", [
  packType("appointment.created", "A new appointment was saved.", appointment),
  packType("appointment.updated", "A field of an appointment was changed.", {
    ...appointment,
    changed_fields: optional(list(text("start_time"), ["start_time", "end_time"])),
  }),
  packType("appointment.cancelled", "The status of an appointment changed to cancelled.", {
    ...appointment,
    cancellation_reason: optional(text("patient is travelling")),
    cancelled_at: optional(instant("2023-09-14T08:12:00Z")),
  }),
  packType("appointment.confirmed", "The status of an appointment changed to confirmed.", {
    ...appointment,
    confirmed_at: optional(instant("2023-09-12T17:30:00Z")),
  }),
  packType("appointment.completed", "The status of an appointment changed to completed.", {
    ...appointment,
    completed_at: optional(instant("2023-09-15T10:31:00Z")),
  }),
]);
