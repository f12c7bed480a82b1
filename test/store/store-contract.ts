import { describe } from "vitest";
import type { Store } from "../../src/store/store.ts";
import { adminContract } from "./admin-contract.ts";
import { alertContract } from "./alert-contract.ts";
import { catalogueContract } from "./catalogue-contract.ts";
import { deliveryContract } from "./delivery-contract.ts";
import { eventContract } from "./event-contract.ts";
import { leaseContract } from "./lease-contract.ts";
import { masterKeyContract } from "./master-key-contract.ts";
import { operationalContract } from "./operational-contract.ts";
import { orderContract } from "./order-contract.ts";
import { recordContract } from "./record-contract.ts";
import { statisticsContract } from "./statistics-contract.ts";
import { subscriptionContract } from "./subscription-contract.ts";

/** How the suite reaches the store under test. */
export interface StoreUnderTest {
  /** A new, empty one; closed and removed after the test. */
  open(): Promise<Store & { readonly commits: number }>;
  /** The same data through another connection, as another process has it. */
  openAgain(): Promise<Store>;
}

/** Every sentence of store.ts, for any store. */
export function storeContract(name: string, store: StoreUnderTest): void {
  describe(`contract of stores: ${name}`, () => {
    eventContract(store);
    leaseContract(store);
    recordContract(store);
    orderContract(store);
    deliveryContract(store);
    subscriptionContract(store);
    operationalContract(store);
    adminContract(store);
    masterKeyContract(store);
    catalogueContract(store);
    statisticsContract(store);
    alertContract(store);
  });
}
