// The published audits of GraphQL over HTTP, from the package `graphql-http`, against both doors of the real
// binary: all must be ok, warnings count as failures.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { serverAudits } from "graphql-http";

import { startDemo } from "./server.mjs";

let demo;
before(async () => { demo = await startDemo(); });
after(() => demo?.stop());

for (const side of ["portal", "console"]) {
  describe(`GraphQL over HTTP at the ${side}`, () => {
    test("every audit is ok", async (t) => {
      const authorization = `Bearer ${demo.person(side).token}`;
      const fetchFn = (url, init = {}) =>
        fetch(url, { ...init, headers: { ...init.headers, authorization } });
      const audits = serverAudits({ url: demo.addresses[`${side}Graphql`], fetchFn });
      assert.equal(audits.length, 61);
      for (const audit of audits) {
        await t.test(`${audit.id} ${audit.name}`, async () => {
          const result = await audit.fn();
          assert.equal(result.status, "ok", result.reason);
        });
      }
    });

    test("without a bearer token there is no answer", async () => {
      const answer = await fetch(demo.addresses[`${side}Graphql`], {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ query: "{ __typename }" }),
      });
      assert.equal(answer.status, 401);
      assert.equal("data" in (await answer.json()), false);
    });
  });
}
