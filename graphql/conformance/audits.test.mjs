// The published audits of GraphQL over HTTP, run against both doors of the real binary.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { auditServer, serverAudits } from "graphql-http";
import { startDemo } from "./server.mjs";

let demo;

before(async () => {
  demo = await startDemo();
});

after(() => demo?.stop());

for (const side of ["portal", "console"]) {
  describe(`GraphQL over HTTP at the ${side}`, () => {
    test("every published audit passes", async () => {
      const token = demo.person(side).token;
      const fetchFn = (url, init = {}) =>
        fetch(url, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } });
      const url = demo.addresses[`${side}Graphql`];
      const results = await auditServer({ url, fetchFn });
      const missed = results
        .filter((result) => result.status !== "ok")
        .map((result) => `${result.status} ${result.id} ${result.name}: ${result.reason}`);
      assert.deepEqual(missed, []);
      assert.equal(results.length, serverAudits({ url, fetchFn }).length);
      assert.equal(results.length, 61);
    });

    test("an audit without a bearer token gets 401 and no data", async () => {
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
