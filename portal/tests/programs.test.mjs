// Somebody lets a program act with a token that is shown once; an admin sees it and revokes it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startDemo } from "../../graphql/conformance/server.mjs";
import { isSound, launch, open, part, picture, recorded, settled, signIn } from "./browser.mjs";

let demo;
let browser;
let ann;
let bob;
let side;

before(async () => {
  demo = await startDemo();
  browser = await launch();
  ann = demo.person("portal", "org_admin");
  bob = demo.person("portal", "member");
  side = demo.addresses.portal;
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

/** Makes a token with the form; answers it. */
async function make(page, name, may = []) {
  await part(page, "Programs").getByRole("button", { name: "Make a token" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Which program has it").fill(name);
  for (const one of may) await dialog.getByLabel(one).check();
  await isSound(page, "what a program may");
  await dialog.getByRole("button", { name: "Make it" }).click();
  await page.getByText(`Copy the token for ${name} now.`).waitFor();
  return page.locator(".once code").textContent();
}

/** What a program is answered that shows this token. */
async function shown(token, query = "{ viewer { member { name } } }") {
  const answer = await fetch(`${side}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: JSON.stringify({ query }),
  });
  return { status: answer.status, ...(await answer.json()) };
}

test("a token is made, shown once, used and revoked on the own account", async () => {
  const page = await open(browser);
  await signIn(page, side, ann, "/account");
  const token = await make(page, "directory sync", [/^Give and take seats/, /^Add people/]);
  assert.match(token, /^ent_test_[0-9A-HJKMNP-TV-Z]{32}$/);
  await isSound(page, "a token that is shown once");
  await picture(page, "portal-token");
  await page.getByRole("button", { name: "I have it" }).click();
  assert.equal(await page.getByText(token).count(), 0);
  const row = part(page, "Programs").getByRole("listitem").filter({ hasText: "directory sync" });
  await row.getByText("seats and devices, people · never used").waitFor();

  const seen = await shown(token);
  assert.equal(seen.status, 200);
  await page.goto(`${side}/account`);
  await settled(page);
  await row.getByText(/ · used /).waitFor();
  await row.getByRole("button", { name: "Revoke the token directory sync" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke it" }).click();
  await recorded(page, "The token directory sync is revoked.");
  await part(page, "Programs").getByText("No program acts for you.").waitFor();
  assert.equal((await shown(token)).status, 401);
  await page.context().close();
});

test("who changes nothing but its own lets no program do more, and an admin ends it", async () => {
  const theirs = await open(browser, { width: "phone" });
  await signIn(theirs, side, bob, "/account");
  await part(theirs, "Programs").getByRole("button", { name: "Make a token" }).click();
  assert.equal(
    await theirs
      .getByRole("dialog")
      .getByLabel(/^Add people/)
      .count(),
    0,
  );
  await theirs.getByRole("dialog").getByRole("button", { name: "Keep it as it is" }).click();
  const token = await make(theirs, "my script");
  assert.equal((await shown(token)).status, 200);

  const page = await open(browser);
  await signIn(page, side, ann, "/people");
  const row = part(page, "Programs").getByRole("listitem").filter({ hasText: "my script" });
  await isSound(page, "people, with a program");
  await row.getByRole("button", { name: "Revoke the token my script" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke it" }).click();
  await recorded(page, "The token my script is revoked.");
  await row.waitFor({ state: "detached" });
  assert.equal((await shown(token)).status, 401);
  await Promise.all([page, theirs].map((one) => one.context().close()));
});
