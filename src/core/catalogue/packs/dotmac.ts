import type { TypeDefinition } from "../type-definition.ts";
import { DOTMAC_BILLING } from "./dotmac-billing.ts";
import { DOTMAC_PLATFORM } from "./dotmac-platform.ts";

/** The 41 events that the DotMac platform's document lists; it says "50+" of them. */
export const DOTMAC: readonly TypeDefinition[] = [...DOTMAC_BILLING, ...DOTMAC_PLATFORM];
