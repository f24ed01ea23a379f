// The configuration of docs/operate.md, in a real nginx, in front of the real binary: what is spoken, and what is not.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import tls from "node:tls";
import { promisify } from "node:util";
import { startDemo } from "../../graphql/conformance/server.mjs";

const NGINX = process.env.NGINX ?? "/usr/sbin/nginx";
const root = new URL("../..", import.meta.url).pathname;
const certificates = join(root, "service/tests/it/single_sign_on/certificates");
const PORTAL = "portal.example.com";
const CONSOLE = "console.example.com";

let demo;
let nginx;
let folder;
let ports;

async function freePort() {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** The files of the guide, each by the name in its first line. */
function guide() {
  const page = readFileSync(join(root, "docs/operate.md"), "utf8");
  const blocks = [...page.matchAll(/\n```nginx\n(.*?)\n```/gs)].map(([, block]) => block);
  return Object.fromEntries(blocks.map((block) => [/^# (\S+)/.exec(block)[1], block]));
}

function pem(label, file) {
  const lines = readFileSync(join(certificates, file))
    .toString("base64")
    .match(/.{1,64}/g);
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

/** Writes the guide's files as they are, but for where things are on this machine. */
function configure() {
  const place = (name) => join(folder, name.replaceAll("/", "_"));
  writeFileSync(place("fullchain.pem"), pem("CERTIFICATE", "right.der"));
  writeFileSync(place("privkey.pem"), pem("PRIVATE KEY", "key.der"));
  const bare = (address) => address.replace("http://", "");
  const files = guide();
  assert.equal(Object.keys(files).length, 3);
  for (const [name, text] of Object.entries(files)) {
    const here = text
      .replace(/.*listen \[::\].*\n/g, "")
      .replaceAll("listen 443", `listen 127.0.0.1:${ports.tls}`)
      .replaceAll("listen 80;", `listen 127.0.0.1:${ports.plain};`)
      .replaceAll("127.0.0.1:8080", bare(demo.addresses.portal))
      .replaceAll("127.0.0.1:8081", bare(demo.addresses.console))
      .replace(/\/etc\/letsencrypt\/live\/[^/]+\//g, `${folder}/`)
      .replace(/\/etc\/nginx\/snippets\/[a-z-]+\.conf/g, place);
    writeFileSync(place(name), here);
  }
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (kind) => `${kind}_temp_path ${place(`temporary-${kind}`)};`,
  );
  const all = `daemon off; pid ${place("pid")}; error_log ${place("errors")};
    events { worker_connections 256; }
    http { access_log off; ${temporary.join(" ")} include ${place("/etc/nginx/sites-available/deedbook")}; }`;
  writeFileSync(place("nginx.conf"), all);
  return place("nginx.conf");
}

/** Asks at a host name of the guide. */
function ask(host, path, { method = "GET", headers = {}, body, plain = false } = {}) {
  const port = plain ? ports.plain : ports.tls;
  const options = {
    host: "127.0.0.1",
    port,
    path,
    method,
    servername: host,
    rejectUnauthorized: false,
    headers: { host: `${host}:${port}`, ...headers },
    agent: false,
  };
  return new Promise((resolve, reject) => {
    const request = (plain ? http : https).request(options, async (answer) => {
      const parts = [];
      for await (const part of answer) parts.push(part);
      resolve({
        ...answer,
        status: answer.statusCode,
        headers: answer.headers,
        rawHeaders: answer.rawHeaders,
        body: Buffer.concat(parts).toString(),
      });
    });
    request.on("upgrade", (answer, socket) => {
      socket.destroy();
      resolve({ status: answer.statusCode, headers: answer.headers });
    });
    request.on("error", reject);
    request.end(body);
  });
}

/** Whether a handshake with these options succeeds: what was agreed, or why not. */
function shakeHands(options) {
  return new Promise((resolve) => {
    const to = { host: "127.0.0.1", port: ports.tls, servername: PORTAL, ...options };
    const socket = tls.connect({ ...to, rejectUnauthorized: false }, () => {
      resolve({ version: socket.getProtocol(), cipher: socket.getCipher().standardName });
      socket.destroy();
    });
    socket.on("error", ({ code }) => resolve({ refused: code }));
  });
}

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "deedbook-nginx-"));
  mkdirSync(folder, { recursive: true });
  ports = { tls: await freePort(), plain: await freePort() };
  demo = await startDemo(["--trusted-proxy", "127.0.0.1"]);
  const file = configure();
  await promisify(execFile)(NGINX, ["-t", "-q", "-e", "stderr", "-c", file]);
  nginx = spawn(NGINX, ["-e", "stderr", "-c", file], { stdio: "inherit" });
  while ("refused" in (await shakeHands({}))) {
    assert.equal(nginx.exitCode, null, "nginx does not run");
    await new Promise((resolve) => setImmediate(resolve));
  }
});

after(async () => {
  nginx?.kill("SIGQUIT");
  if (nginx && nginx.exitCode === null) await once(nginx, "exit");
  await demo?.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe("behind the nginx of the guide", () => {
  test("only TLS 1.2 and 1.3 are spoken with ciphers that keep what was said", async () => {
    const only = (version) => ({ minVersion: version, maxVersion: version });
    assert.equal((await shakeHands({})).version, "TLSv1.3");
    assert.equal((await shakeHands(only("TLSv1.2"))).version, "TLSv1.2");
    // The client would speak all of it.
    const any = { ciphers: "ALL:@SECLEVEL=0" };
    for (const old of ["TLSv1", "TLSv1.1"]) {
      const { refused } = await shakeHands({ ...only(old), ...any });
      assert.match(refused ?? "", /PROTOCOL_VERSION/, old);
    }
    for (const weak of [
      "ECDHE-ECDSA-AES256-SHA384",
      "ECDHE-ECDSA-AES128-SHA",
      "AES128-GCM-SHA256",
    ]) {
      const ciphers = `${weak}:@SECLEVEL=0`;
      const { refused } = await shakeHands({ ...only("TLSv1.2"), ciphers });
      assert.match(refused ?? "", /HANDSHAKE_FAILURE/, weak);
    }
    const strong = "ECDHE-ECDSA-AES256-GCM-SHA384";
    const { cipher } = await shakeHands({ ...only("TLSv1.2"), ciphers: strong });
    assert.equal(cipher, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384");
    const stranger = await shakeHands({ servername: "another.example.com" });
    assert.match(stranger.refused ?? "", /UNRECOGNIZED_NAME/);
  });

  test("who signs in gets a cookie of that host alone, and the socket is let through", async () => {
    const ann = demo.person("portal", "org_admin");
    const origin = `https://${PORTAL}:${ports.tls}`;
    const typed = new URLSearchParams({ email: ann.email, password: ann.password, next: "/" });
    const signedIn = await ask(PORTAL, "/sign-in", {
      method: "POST",
      headers: { origin, "content-type": "application/x-www-form-urlencoded" },
      body: typed.toString(),
    });
    assert.equal(signedIn.status, 303, signedIn.body);
    const [set] = signedIn.headers["set-cookie"];
    assert.match(set, /^__Host-deedbook_portal=\S+; Path=\/; .*; Secure$/);
    const cookie = set.split(";")[0];
    const socket = {
      cookie,
      origin,
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
      "sec-websocket-protocol": "graphql-transport-ws",
    };
    assert.equal((await ask(PORTAL, "/graphql", { headers: socket })).status, 101);
    const elsewhere = { ...socket, origin: `https://${CONSOLE}:${ports.tls}` };
    assert.equal((await ask(PORTAL, "/graphql", { headers: elsewhere })).status, 403);
    // The session of one host name is nothing at the other.
    const body = JSON.stringify({ query: "{ __typename }" });
    const headers = { cookie, origin: elsewhere.origin, "content-type": "application/json" };
    assert.equal((await ask(CONSOLE, "/graphql", { method: "POST", headers, body })).status, 401);
  });

  test("every answer holds browsers to https, once", async () => {
    const large = "x".repeat(300_000);
    for (const answer of [
      await ask(PORTAL, "/sign-in"),
      await ask(CONSOLE, "/nothing"),
      await ask(PORTAL, "/sign-in", { method: "POST", body: large }),
    ]) {
      const sent = answer.rawHeaders.filter((name) => /^strict-transport-security$/i.test(name));
      assert.equal(sent.length, 1, `${answer.status}`);
      assert.match(answer.headers["strict-transport-security"], /max-age=31536000/);
    }
  });

  test("nothing is done for who asks in the clear", async () => {
    const page = await ask(PORTAL, "/licenses?status=ACTIVE", { plain: true });
    assert.equal(page.status, 301);
    assert.equal(page.headers.location, `https://${PORTAL}/licenses?status=ACTIVE`);
    for (const path of [
      "/graphql",
      "/v1/check",
      "/scim/v2/Users",
      "/metrics",
      "/tlog/checkpoint",
    ]) {
      assert.equal((await ask(CONSOLE, path, { plain: true, method: "POST" })).status, 403, path);
    }
    // What the proxy would pass on in the clear is refused by the service itself.
    const past = await fetch(`${demo.addresses.portal}/sign-in`, {
      headers: { "X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "http" },
    });
    assert.equal(past.status, 403);
    assert.equal((await past.json()).error.code, "TLS_REQUIRED");
  });

  test("metrics are for this machine", async () => {
    assert.match((await ask(CONSOLE, "/metrics")).body, /deedbook_ready 1/);
    assert.notEqual((await ask(PORTAL, "/metrics")).status, 200);
  });
});
