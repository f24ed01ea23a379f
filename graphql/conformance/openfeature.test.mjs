// Features of a license as flags of OpenFeature: its published SDK for servers with the published OFREP provider, unchanged.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ErrorCode, OpenFeature } from "@openfeature/server-sdk";
import { OFREPProvider } from "@openfeature/ofrep-provider";

import { issue } from "./licenses.mjs";
import { startDemo } from "./server.mjs";

const KEY = "CONFORMANCE-OPENFEATURE-1";
let demo;
let base;
let client;
let license;

before(async () => {
  demo = await startDemo();
  base = new URL(demo.addresses.portal).origin;
  license = await issue(demo, KEY);
  const headers = [["Authorization", `License ${KEY}`]];
  await OpenFeature.setProviderAndWait(new OFREPProvider({ baseUrl: base, headers }));
  client = OpenFeature.getClient();
});
after(async () => {
  await OpenFeature.close();
  await demo?.stop();
});

test("a feature that the license gives is on, another is off and says why", async () => {
  assert.equal(await client.getBooleanValue("core", false), true);
  const off = await client.getBooleanDetails("sso", true);
  assert.equal(off.value, false);
  assert.equal(off.reason, "DISABLED");
  assert.equal(off.flagMetadata.denyCode, "FEATURE_NOT_ENTITLED");
  assert.equal(off.flagMetadata.licenseId, license);
});

test("choices, texts and what is left of a meter have their own types", async () => {
  const detail = await client.getStringDetails("model_detail", "none");
  assert.equal(detail.value, "basic");
  assert.equal(detail.reason, "TARGETING_MATCH");
  assert.equal(await client.getStringValue("dashboards", "0"), "3");
  const calls = await client.getNumberDetails("api_calls", -1);
  assert.equal(calls.value, 10_000);
  assert.equal(calls.flagMetadata.remaining, "10000");
  assert.equal(await client.getStringValue("audit_export", "mine"), "mine");
});

test("who and where count as they do everywhere", async () => {
  const seated = await client.getBooleanDetails("core", true, { targetingKey: "mem_00000000000000000000000000" });
  assert.equal(seated.value, false);
  assert.equal(seated.flagMetadata.denyCode, "USER_NOT_SEATED");
  const bound = await client.getBooleanDetails("core", true, { targetingKey: "someone", fingerprint: "laptop" });
  assert.equal(bound.flagMetadata.denyCode, "NO_ACTIVATION");
  const anybody = await client.getBooleanValue("core", false, { targetingKey: "a customer of ours", plan: "any" });
  assert.equal(anybody, true);
});

test("an unknown flag, a flag of another type and a broken context are told by their codes", async () => {
  const unknown = await client.getBooleanDetails("no_such_feature", true);
  assert.equal(unknown.value, true);
  assert.equal(unknown.errorCode, ErrorCode.FLAG_NOT_FOUND);
  assert.equal((await client.getNumberDetails("core", 7)).errorCode, ErrorCode.TYPE_MISMATCH);
  const broken = await client.getBooleanDetails("core", true, { domain: "exa mple" });
  assert.equal(broken.errorCode, ErrorCode.INVALID_CONTEXT);
});

test("all flags come at once, and not again while nothing changed", async () => {
  const ask = (headers = {}) => fetch(`${base}/ofrep/v1/evaluate/flags`, {
    method: "POST",
    headers: { "x-api-key": KEY, "content-type": "application/json", ...headers },
    body: JSON.stringify({ context: { targetingKey: "x" } }),
  });
  const first = await ask();
  assert.equal(first.status, 200);
  const { flags } = await first.json();
  assert.ok(flags.length >= 9);
  assert.ok(flags.every((flag) => typeof flag.key === "string" && typeof flag.reason === "string"));
  const tag = first.headers.get("etag");
  const again = await ask({ "if-none-match": tag });
  assert.equal(again.status, 304);
  assert.equal(await again.text(), "");
  assert.equal((await ask({ "if-none-match": '"other"' })).status, 200);
  const parse = await fetch(`${base}/ofrep/v1/evaluate/flags`, { method: "POST", headers: { "x-api-key": KEY }, body: "{" });
  assert.equal((await parse.json()).errorCode, "PARSE_ERROR");
});

test("without a key there are no flags", async () => {
  const none = await fetch(`${base}/ofrep/v1/evaluate/flags/core`, { method: "POST", body: "{}" });
  assert.equal(none.status, 401);
});
