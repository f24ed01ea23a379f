// An organization connects its own identity provider, a real one; its people come in through it, and then through it only.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startDemo } from "../../graphql/conformance/server.mjs";
import {
  isSound,
  launch,
  more,
  open,
  part,
  picture,
  recorded,
  settled,
  signIn,
} from "./browser.mjs";
import { CLIENT, signInThere, startProvider, there } from "./identity-provider.mjs";
import { ask } from "./sample.mjs";

let demo;
let browser;
let provider;
let ann;
let side;

before(async () => {
  process.env.DEEDBOOK_IDENTITY_PROVIDERS = "loopback";
  demo = await startDemo();
  browser = await launch();
  ann = demo.person("portal", "org_admin");
  side = demo.addresses.portal;
  const { account } = await ask(demo, ann, "{ account { id } }");
  provider = await startProvider(`${side}/sign-in/organization/${account.id}`);
});

after(async () => {
  await browser?.close();
  provider?.stop();
  await demo?.stop();
});

/** From the sign-in page to the provider, and back. */
async function comeThrough(page, email) {
  await page.goto(`${side}/sign-in?next=/people`);
  await page.getByRole("link", { name: "Sign in with your organization" }).click();
  await page.getByLabel("E-mail").fill(email);
  await isSound(page, "sign-in with the organization");
  await picture(page, "portal-organization");
  await there(page, side, provider, email);
}

test("an admin connects the provider, comes in through it, and requires it", async () => {
  const page = await open(browser);
  await signIn(page, side, ann, "/people");
  const section = part(page, "Single sign-on");
  await section.getByRole("button", { name: "Connect it" }).click();
  const dialog = page.getByRole("dialog", { name: /Connect your organization/ });
  await dialog.getByText(`${side}/sign-in/organization/acc_`).waitFor();
  await dialog.getByLabel("Address of the provider").fill(provider.issuer);
  await dialog.getByLabel("Client id").fill(CLIENT.client_id);
  await dialog.getByLabel("Client secret").fill(CLIENT.client_secret);
  await picture(page, "portal-single-sign-on-connect");
  await dialog.getByRole("button", { name: "Connect it" }).click();
  await recorded(page, "The provider is connected.");
  await section.getByText("a password lets people in, too").waitFor();
  await section.getByRole("button", { name: "Require it" }).click();
  const requiring = page.getByRole("dialog", { name: "Require single sign-on?" });
  await requiring.getByRole("button", { name: "Require it" }).click();
  await requiring.getByRole("alert").filter({ hasText: "did not come in through" }).waitFor();
  await requiring.getByRole("button", { name: "Keep it as it is" }).click();

  const through = await open(browser);
  await comeThrough(through, ann.email);
  await through.waitForURL(`${side}/people`);
  await settled(through);
  const theirs = part(through, "Single sign-on");
  await theirs.getByText("1 person has come in through it.").waitFor();
  await theirs.getByRole("button", { name: "Require it" }).click();
  await through
    .getByRole("dialog", { name: "Require single sign-on?" })
    .getByRole("button", { name: "Require it" })
    .click();
  await recorded(through, "People come in through the provider only.");
  await isSound(through, "people, where single sign-on is required");
  await picture(through, "portal-single-sign-on");

  // The session that a password began is over, and no password begins another.
  await page.goto(`${side}/licenses`);
  await page.waitForURL(/\/sign-in\?next=/);
  await page.getByLabel("E-mail").fill(ann.email);
  await page.getByLabel("Password").fill(ann.password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("alert").filter({ hasText: "through its own sign-in only" }).waitFor();
  await picture(page, "portal-sign-in-required");
  await Promise.all([page, through].map((one) => one.context().close()));
});

test("somebody whom nobody added does not come in", async () => {
  const page = await open(browser, { width: "phone" });
  await page.goto(`${side}/sign-in/organization`);
  await page.getByLabel("E-mail").fill(ann.email);
  await page.getByRole("button", { name: "Go on" }).click();
  await page.waitForURL(`${provider.issuer}/**`);
  await signInThere(page, "nobody@elsewhere.example");
  const consent = page.getByRole("button", { name: "Continue" });
  await Promise.race([consent.waitFor(), page.waitForURL(`${side}/**`)]);
  if (page.url().startsWith(provider.issuer)) await consent.click();
  await page.getByRole("alert").filter({ hasText: "Nobody of your organization" }).waitFor();
  // The refusal is an answer of 401, which the console of the browser tells.
  page.wrong.length = 0;
  await isSound(page, "nobody came in");
  await picture(page, "portal-organization-refused-phone");
  // The provider is another port of the same host, whose cookies are shown here, too.
  const kept = (await page.context().cookies(side)).map(({ name }) => name);
  assert.deepEqual(
    kept.filter((name) => name.startsWith("deedbook")),
    [],
  );
  await page.context().close();
});

test("an admin unlinks one person, who is out at once and is linked anew by the next sign-in", async () => {
  const bob = demo.person("portal", "member");
  const theirs = await open(browser, { width: "phone" });
  await theirs.goto(`${side}/sign-in/organization`);
  await theirs.getByLabel("E-mail").fill(bob.email);
  await there(theirs, side, provider, bob.email);
  await settled(theirs);

  const page = await open(browser);
  await comeThrough(page, ann.email);
  await settled(page);
  const row = page.getByRole("row").filter({ hasText: bob.email });
  const unlink = async () => {
    await more(row, null, "Unlink from single sign-on");
    const dialog = page.getByRole("dialog", { name: /^Unlink .* from single sign-on\?$/ });
    await isSound(page, "unlinking a person");
    await picture(page, "portal-unlink");
    await dialog.getByRole("button", { name: "Unlink", exact: true }).click();
    await recorded(page, "is linked anew by the next single sign-on");
  };
  await unlink();
  await theirs.goto(`${side}/licenses`);
  await theirs.waitForURL(/\/sign-in\?next=/);
  await row.getByRole("button", { name: /^More about/ }).click();
  const left = await row.getByRole("menuitem").allTextContents();
  assert.ok(!left.includes("Unlink from single sign-on"), "who is not linked is not unlinked");

  await theirs.goto(`${side}/sign-in/organization`);
  await theirs.getByLabel("E-mail").fill(bob.email);
  await there(theirs, side, provider, bob.email);
  await settled(theirs);
  await Promise.all([page, theirs].map((one) => one.context().close()));
});
