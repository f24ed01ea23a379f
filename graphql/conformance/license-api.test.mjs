// The license API with other people's tools: its description is checked as OpenAPI 3.1, every answer against that
// description with a JSON Schema validator, and its signature as an HTTP message signature.
import assert from "node:assert/strict";
import { createPublicKey, verify } from "node:crypto";
import { after, before, test } from "node:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import Ajv2020 from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { httpbis } from "http-message-signatures";

import { issue } from "./licenses.mjs";
import { startDemo } from "./server.mjs";

const KEY = "CONFORMANCE-LICENSE-API-1";
let demo;
let base;
let document;
let ajv;

before(async () => {
  demo = await startDemo();
  base = new URL(demo.addresses.portal).origin;
  await issue(demo, KEY);
  document = await (await fetch(`${base}/v1/openapi.json`)).json();
  ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats(ajv);
  ajv.addSchema(document, "api");
});
after(() => demo?.stop());

const keys = async () => (await (await fetch(`${base}/v1/keys`)).json()).keys;

const shape = (reference) => ajv.getSchema(`api${reference}`) ?? ajv.compile({ $ref: `api${reference}` });

const path = (...parts) =>
  `#/${parts.map((part) => encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"))).join("/")}`;

async function ask(operation, body, headers = {}) {
  const answer = await fetch(`${base}/v1/license/${operation}`, {
    method: "POST",
    headers: { authorization: `License ${KEY}`, "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  return { answer, text, told: JSON.parse(text) };
}

function expectShape(operation, { answer, told }) {
  const media = answer.headers.get("content-type").split(";")[0];
  const responses = document.paths[`/v1/license/${operation}`].post.responses;
  assert.ok(responses[answer.status], `${operation} says nothing of ${answer.status}`);
  const check = shape(path(
    "paths", `/v1/license/${operation}`, "post", "responses", String(answer.status), "content", media, "schema",
  ));
  assert.ok(check(told), `${operation}: ${ajv.errorsText(check.errors)}: ${JSON.stringify(told)}`);
}

async function expectSigned({ answer, text }) {
  const known = await keys();
  const headers = Object.fromEntries(answer.headers);
  const keyLookup = async ({ keyid }) => {
    const jwk = known.find((key) => key.kid === keyid);
    if (!jwk) return null;
    const key = createPublicKey({ key: jwk, format: "jwk" });
    return { id: keyid, algs: ["ed25519"], verify: async (data, signature) => verify(null, data, key, signature) };
  };
  const requiredParams = ["created", "keyid", "alg", "tag"];
  const checked = await httpbis.verifyMessage(
    { keyLookup, requiredParams, requiredFields: ["@status", "content-digest"], tolerance: 5 },
    { status: answer.status, headers },
  );
  assert.equal(checked, true);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  assert.equal(headers["content-digest"], `sha-256=:${Buffer.from(digest).toString("base64")}:`);
}

test("the description is OpenAPI 3.1", async () => {
  const result = await new Validator().validate(structuredClone(document));
  assert.ok(result.valid, JSON.stringify(result.errors, null, 1));
  assert.equal(document.openapi, "3.1.0");
});

test("every answer has the shape that is described, and is signed", async () => {
  const event = { id: "1", feature: "api_calls", quantity: 2 };
  const asked = [
    ["activate", { fingerprint: "laptop", name: "A laptop", nonce: "n1" }, 200],
    ["heartbeat", { fingerprint: "laptop", version: "2.4.0" }, 200],
    ["validate", { fingerprint: "laptop", feature: "api_calls", nonce: "n2" }, 200],
    ["validate", { fingerprint: "unknown" }, 200],
    ["usage", { events: [event, { ...event, id: "2", feature: "no_such" }] }, 200],
    ["deactivate", { fingerprint: "laptop" }, 200],
    ["deactivate", { fingerprint: "never bound" }, 409],
    ["activate", { fingerprint: "" }, 400],
    ["validate", { misspelt: 1 }, 400],
  ];
  for (const [operation, body, status] of asked) {
    const answered = await ask(operation, body);
    assert.equal(answered.answer.status, status, answered.text);
    expectShape(operation, answered);
    await expectSigned(answered);
    assert.equal(answered.told.nonce ?? undefined, body.nonce);
  }
});

test("what is described as a request is taken, and nothing else", () => {
  const check = shape("#/components/schemas/Activate");
  assert.ok(check({ fingerprint: "laptop" }));
  assert.ok(!check({ name: "no fingerprint" }));
  assert.ok(!check({ fingerprint: "laptop", more: true }));
  const event = shape("#/components/schemas/CloudEvent");
  const sent = { specversion: "1.0", id: "1", source: "/a", type: "deedbook.usage.v1" };
  assert.ok(event({ ...sent, data: { feature: "api_calls", quantity: "7" } }));
  assert.ok(!event({ ...sent, data: { feature: "api_calls", quantity: -7 } }));
});

test("a CloudEvent is counted once by its source and id", async () => {
  const event = {
    specversion: "1.0", id: "e1", source: "/servers/1", type: "deedbook.usage.v1",
    time: new Date().toISOString(), data: { feature: "api_calls", quantity: 3 },
  };
  const headers = { "content-type": "application/cloudevents-batch+json" };
  const { told } = await ask("usage", [event, { ...event, source: "/servers/2" }, event], headers);
  assert.deepEqual(told.results.map((one) => one.counted), [true, true, true]);
  const again = await ask("usage", [event], headers);
  assert.equal(again.told.results[0].again, true);
});

test("nobody without a key learns anything", async () => {
  for (const authorization of ["License NO-SUCH-KEY", "License x"]) {
    const { answer, told } = await ask("validate", {}, { authorization });
    assert.equal(answer.status, 404);
    expectShape("validate", { answer, told });
    assert.equal(answer.headers.get("signature"), null);
  }
});
