// The long form of mutation.test.ts: all tests of the egress guard, while the guard lets everything through.
//
//     node test/egress/mutation.ts

import { LEAST_FAILURES, runWithoutGuard } from "./support/run-without-guard.ts";

const { passed, failed, failures } = await runWithoutGuard([]);
for (const [file, titles] of failures) {
  console.log(`${file}: ${titles.length} fail`);
  for (const title of titles) console.log(`  ${title}`);
}
console.log(`without the guard ${failed} tests fail, ${passed} do not need it`);
if (failed < LEAST_FAILURES) process.exitCode = 1;
