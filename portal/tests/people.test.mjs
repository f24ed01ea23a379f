// An admin lets people in and keeps them out; each looks after the own way in.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
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

const CHOSEN = "seven grey herons over Malmö";

let demo;
let browser;
let ann;
let side;

before(async () => {
  demo = await startDemo();
  browser = await launch();
  ann = demo.person("portal", "org_admin");
  side = demo.addresses.portal;
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

/** Adds a person with the form; answers the link that is to be handed over. */
async function invite(page, button, name, email) {
  await page.getByRole("button", { name: button }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill(name);
  await dialog.getByLabel("E-mail, to sign in with").fill(email);
  await dialog.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByText(`Give this link to ${name}.`).waitFor();
  return page.locator(".once code").textContent();
}

async function choose(page, link, password) {
  await page.goto(link);
  await page.getByLabel("New password").fill(password);
  await page.getByLabel("The same again").fill(password);
  await page.getByRole("button", { name: "Set the password" }).click();
}

test("a person is added, comes in by the link, and is out the moment the admin says so", async () => {
  const page = await open(browser);
  await signIn(page, side, ann, "/people");
  const link = await invite(page, "Add a person", "Eva Lund", "eva@acme.example");
  await isSound(page, "people, with a link");

  const theirs = await open(browser, { width: "phone" });
  await theirs.goto(link);
  await isSound(theirs, "welcome");
  await picture(theirs, "portal-welcome-phone");
  await choose(theirs, link, "passwordpassword");
  await theirs.getByRole("alert").filter({ hasText: "most common" }).waitFor();
  // The refusal is an answer of 422, which the console of the browser tells.
  theirs.wrong.length = 0;
  await choose(theirs, link, CHOSEN);
  await theirs.waitForURL(`${side}/`);
  await settled(theirs);
  assert.equal(await theirs.getByRole("link", { name: "People" }).count(), 0);
  await theirs.goto(link);
  await theirs.getByRole("heading", { name: "This link is no longer good" }).waitFor();

  const row = page.getByRole("row").filter({ hasText: "eva@acme.example" });
  await more(row, "Eva Lund", "Change the role");
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Role").selectOption("AUDITOR");
  await dialog.getByRole("button", { name: "Change it" }).click();
  await row.getByRole("cell", { name: /^Auditor/ }).waitFor();
  await theirs.goto(`${side}/people`);
  await settled(theirs);
  await theirs.getByRole("row").filter({ hasText: "eva@acme.example" }).waitFor();
  assert.equal(await theirs.getByRole("button", { name: "Add a person" }).count(), 0);

  await more(row, "Eva Lund", "Sign out everywhere");
  await dialog.getByRole("button", { name: "Sign out" }).click();
  await page.getByText("Eva Lund is signed out everywhere.").waitFor();
  await theirs.goto(`${side}/licenses`);
  await theirs.waitForURL(/\/sign-in\?next=/);
  await signIn(theirs, side, { email: "eva@acme.example", password: CHOSEN }, "/licenses");

  await more(row, "Eva Lund", "Suspend");
  await dialog.getByRole("button", { name: "Suspend" }).click();
  await row.getByText("Suspended", { exact: true }).waitFor();
  await theirs.goto(`${side}/licenses`);
  await theirs.waitForURL(/\/sign-in\?next=/);
  await row.getByRole("button", { name: "Restore Eva Lund" }).click();
  await dialog.getByRole("button", { name: "Restore" }).click();
  await row.getByText("Suspended", { exact: true }).waitFor({ state: "detached" });
  await signIn(theirs, side, { email: "eva@acme.example", password: CHOSEN }, "/licenses");
  await Promise.all([page, theirs].map((one) => one.context().close()));
});

test("an admin is told to make sure who asks before a second factor is taken away", async () => {
  const theirs = await open(browser);
  const bob = demo.addresses.people.find(({ handle }) => handle === "bob");
  await signIn(theirs, side, bob, "/account");
  await setUpFactor(theirs, bob.password);
  await theirs.getByText("10 recovery codes left.").waitFor();
  const page = await open(browser);
  await signIn(page, side, ann, "/people?text=bob");
  await page
    .getByRole("row")
    .filter({ hasText: "bob@acme.example" })
    .getByRole("button", { name: /^More about/ })
    .click();
  await page.getByRole("menuitem", { name: "No longer ask for a code" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText(/Make sure first that it is .+ who asks/).waitFor();
  await dialog.getByText(/face to face, or by calling a number that you had before/).waitFor();
  await isSound(page, "a second factor is taken away");
  await dialog.getByRole("button", { name: "No longer ask" }).click();
  await page.getByText("signs in without a code.").waitFor();
  await Promise.all([page, theirs].map((one) => one.context().close()));
});

test("a new password ends every other session, and each can be ended by itself", async () => {
  const page = await open(browser);
  const bob = demo.addresses.people.find(({ handle }) => handle === "bob");
  await signIn(page, side, bob, "/account");
  const elsewhere = await open(browser);
  await signIn(elsewhere, side, bob);
  await page.goto(`${side}/account`);
  await settled(page);
  await page
    .getByRole("button", { name: /^End the session of/ })
    .first()
    .click();
  await page.getByRole("dialog").getByRole("button", { name: "End it" }).click();
  await page.getByText("That session is over.").waitFor();
  await elsewhere.goto(`${side}/licenses`);
  await elsewhere.waitForURL(/\/sign-in/);
  await signIn(elsewhere, side, bob);

  await page.getByLabel("Present password").fill("not the present one");
  await page.getByLabel("New password").fill(CHOSEN);
  await page.getByRole("button", { name: "Change the password" }).click();
  await page.getByText("The present password is another one.").waitFor();
  page.wrong.length = 0;
  await page.getByLabel("Present password").fill(bob.password);
  await page.getByLabel("New password").fill(CHOSEN);
  await page.getByRole("button", { name: "Change the password" }).click();
  await page.getByText("Your password is changed.").waitFor();
  await isSound(page, "the own account");
  await elsewhere.goto(`${side}/licenses`);
  await elsewhere.waitForURL(/\/sign-in/);
  await signIn(elsewhere, side, { ...bob, password: CHOSEN });
  await Promise.all([page, elsewhere].map((one) => one.context().close()));
});

/** The code that an authenticator shows for this secret (RFC 6238), so many steps from now. */
function codeOf(secret, steps) {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...secret]
    .map((one) => alphabet.indexOf(one).toString(2).padStart(5, "0"))
    .join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const mac = createHmac("sha1", key).update(counter).digest();
  const code = mac.readUInt32BE(mac.at(-1) & 15) & 0x7fffffff;
  return String(code % 1_000_000).padStart(6, "0");
}

/** Sets one up where the page offers it. */
async function setUpFactor(page, password) {
  const factor = part(page, "Second factor");
  await factor.getByLabel("Your password").fill(password);
  await factor.getByRole("button", { name: "Set it up" }).click();
  await factor.getByRole("img").waitFor();
  const secret = await factor.locator("code").textContent();
  await factor.getByLabel("The six digits").fill(codeOf(secret, -1));
  await factor.getByRole("button", { name: "Confirm" }).click();
  await factor.getByRole("button", { name: "I have them" }).click();
}

test("a second factor is set up with an authenticator, and asked for from then on", async () => {
  const page = await open(browser);
  const gil = demo.addresses.people.find(({ handle }) => handle === "gil");
  await signIn(page, side, gil, "/account");
  const factor = page.getByRole("region", { name: "Second factor", exact: true });
  await factor.getByLabel("Your password").fill(gil.password);
  await factor.getByRole("button", { name: "Set it up" }).click();
  await factor.getByRole("img").waitFor();
  await isSound(page, "setting up a second factor");
  await picture(page, "portal-second-factor-desktop");
  const secret = await factor.locator("code").textContent();
  await factor.getByLabel("The six digits").fill(codeOf(secret, -1));
  await factor.getByRole("button", { name: "Confirm" }).click();
  await factor.getByText("Keep these recovery codes.").waitFor();
  const codes = await factor.locator(".codes code").allTextContents();
  assert.equal(new Set(codes).size, 10);
  await isSound(page, "recovery codes");
  await factor.getByRole("button", { name: "I have them" }).click();
  await factor.getByText("10 recovery codes left.").waitFor();

  const elsewhere = await open(browser, { width: "phone" });
  const come = async (code) => {
    await elsewhere.goto(`${side}/sign-in?next=%2Flicenses`);
    await elsewhere.getByLabel("E-mail").fill(gil.email);
    await elsewhere.getByLabel("Password").fill(gil.password);
    await elsewhere.getByRole("button", { name: "Sign in" }).click();
    await elsewhere.getByRole("heading", { name: "Your code" }).waitFor();
    await elsewhere.getByLabel("Code").fill(code);
  };
  await come("000000");
  await isSound(elsewhere, "the code");
  await picture(elsewhere, "portal-code-phone");
  await elsewhere.getByRole("button", { name: "Sign in" }).click();
  await elsewhere.getByRole("alert").filter({ hasText: "not right" }).waitFor();
  elsewhere.wrong.length = 0;
  await elsewhere.getByLabel("Code").fill(codes[0].toLowerCase());
  await elsewhere.getByRole("button", { name: "Sign in" }).click();
  await elsewhere.waitForURL(`${side}/licenses`);
  await settled(elsewhere);

  await page.reload();
  await settled(page);
  await factor.getByText("9 recovery codes left.").waitFor();
  const password = part(page, "Password");
  await password.getByLabel("Present password").fill(gil.password);
  await password.getByLabel("New password").fill(CHOSEN);
  await password.getByRole("button", { name: "Change the password" }).click();
  await password.getByLabel("Code of your authenticator").fill(codes[1]);
  page.wrong.length = 0;
  await isSound(page, "a new password with a code");
  await password.getByRole("button", { name: "Change the password" }).click();
  await page.getByText("Your password is changed.").waitFor();
  await factor.getByRole("button", { name: "Remove it" }).click();
  await factor.getByLabel("Your password").fill(CHOSEN);
  await factor.getByLabel("A code, or a recovery code").fill(codes[2]);
  await factor.getByRole("button", { name: "Remove it" }).click();
  await page.getByText("The second factor is removed.").waitFor();
  await signIn(elsewhere, side, { ...gil, password: CHOSEN });
  await Promise.all([page, elsewhere].map((one) => one.context().close()));
});

test("the vendor lets the first person of a customer in", async () => {
  const console = demo.addresses.console;
  const page = await open(browser);
  await signIn(page, console, demo.person("console", "operator"), "/customers?text=globex");
  await page
    .getByRole("link", { name: /^Globex/ })
    .first()
    .click();
  await settled(page);
  const path = await invite(page, "Add a person", "Nia Okafor", "nia@globex.example");
  assert.ok(path.startsWith("/welcome?"), "the vendor's side knows no address of the portal");
  const theirs = await open(browser);
  await choose(theirs, side + path, CHOSEN);
  await theirs.waitForURL(`${side}/`);
  await settled(theirs);
  await Promise.all([page, theirs].map((one) => one.context().close()));
});

test("what matters most asks for the password again, and then goes on by itself", async () => {
  const page = await open(browser);
  await signIn(page, side, ann, "/people");
  // The service says so to a session that is older than five minutes; here to the first change of a young one.
  let stale = true;
  await page.route("**/graphql", async (route) => {
    const { query } = route.request().postDataJSON();
    const change = /mutation (\w)(\w*)/.exec(query);
    if (!change || !stale) return route.fallback();
    stale = false;
    const refusal = {
      code: "STEP_UP_REQUIRED",
      message: "it is more than five minutes ago that you showed who you are",
      advice: "confirm your password, then send the same command again",
    };
    const field = change[1].toLowerCase() + change[2];
    const outcome = { userErrors: [refusal], position: null, link: null, member: null };
    await route.fulfill({ json: { data: { [field]: outcome } } });
  });
  const makeLink = async () => {
    await page
      .getByRole("button", { name: /^Make a link for/ })
      .first()
      .click();
    await page.getByRole("button", { name: "Make the link" }).click();
  };
  await makeLink();
  const asking = page.getByRole("dialog", { name: "Confirm that it is you" });
  await asking.waitFor();
  await isSound(page, "people, asked again");
  await picture(page, "portal-step-up");
  await asking.getByLabel("Password").fill("not the password");
  await asking.getByRole("button", { name: "Go on" }).click();
  await asking.getByRole("alert").filter({ hasText: "another one" }).waitFor();
  page.wrong.length = 0;
  await asking.getByLabel("Password").fill(ann.password);
  await page.keyboard.press("Enter");
  await page.locator(".once code").waitFor();
  assert.equal(await asking.isVisible(), false);

  stale = true;
  await makeLink();
  await asking.getByRole("button", { name: "Not now" }).click();
  await page.getByText("It is more than five minutes ago that you showed who you are").waitFor();
  await page.context().close();
});

test("what can be done about a person is in a menu that the keyboard alone opens, walks and leaves", async () => {
  const page = await open(browser);
  await signIn(page, side, ann, "/people?text=bob");
  const row = page.getByRole("row").filter({ hasText: "bob@acme.example" });
  const button = row.getByRole("button", { name: /^More about/ });
  const menu = row.getByRole("menu");
  const here = () => page.evaluate(() => document.activeElement.textContent);
  await button.focus();
  await page.keyboard.press("ArrowDown");
  await menu.waitFor();
  assert.equal(await button.getAttribute("aria-expanded"), "true");
  const items = await menu.getByRole("menuitem").allTextContents();
  assert.deepEqual(items, ["Change the role", "Grant more", "Sign out everywhere", "Suspend"]);
  await isSound(page, "people, with an open menu");
  await picture(page, "portal-people-menu");
  assert.equal(await here(), items[0]);
  for (const [key, at] of [
    ["ArrowUp", 3],
    ["ArrowDown", 0],
    ["ArrowDown", 1],
    ["End", 3],
    ["Home", 0],
    ["s", 2],
    ["s", 3],
    ["G", 1],
  ]) {
    await page.keyboard.press(key);
    assert.equal(await here(), items[at], key);
  }
  await page.keyboard.press("Escape");
  await menu.waitFor({ state: "detached" });
  assert.ok(await button.evaluate((one) => one === document.activeElement));
  await page.keyboard.press("ArrowUp");
  await menu.waitFor();
  await page.keyboard.press("Tab");
  await menu.waitFor({ state: "detached" });
  await button.click();
  await page.getByRole("heading", { level: 1 }).click();
  await menu.waitFor({ state: "detached" });

  // The dialog gives the focus back to where it was.
  await button.focus();
  await page.keyboard.press("Enter");
  await menu.waitFor();
  await page.keyboard.press("End");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog", { name: /^Suspend/ }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  assert.ok(await button.evaluate((one) => one === document.activeElement));
  await page.setViewportSize({ width: 360, height: 780 });
  await button.click();
  await isSound(page, "people, with an open menu, on a phone");
  await picture(page, "portal-people-menu-phone");
  await page.context().close();
});

test("who left is erased, and nothing of the name is left on any page", async () => {
  const page = await open(browser);
  await signIn(page, side, ann, "/people");
  await invite(page, "Add a person", "Wilhelmina Farewell", "mina@acme.example");
  const row = page.getByRole("row").filter({ hasText: "Wilhelmina Farewell" });
  await row.waitFor();
  await row.getByRole("button", { name: "More about Wilhelmina Farewell" }).click();
  assert.equal(await row.getByRole("menuitem", { name: /^Erase/ }).count(), 0, "suspended first");
  await row.getByRole("menuitem", { name: "Suspend" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Suspend", exact: true }).click();
  await recorded(page, "Wilhelmina Farewell is suspended.");
  await more(row, "Wilhelmina Farewell", "Erase for good");
  const dialog = page.getByRole("dialog", { name: /^Erase the personal data of/ });
  await dialog.getByText("Gone for good").waitFor();
  await dialog.getByText("What stays").waitFor();
  await dialog.getByLabel("Why it has to be").selectOption("The person objects");
  await isSound(page, "erasing a person");
  await picture(page, "portal-erase");
  await dialog.getByRole("button", { name: "Erase for good" }).click();
  await recorded(page, "The personal data is erased.");
  await row.waitFor({ state: "detached" });
  const certificate = part(page, "Certificate of erasure");
  await certificate.getByText("The person objects").waitFor();
  await certificate.getByText(/^[0-9a-f]{64}$/).waitFor();
  await isSound(page, "the certificate of an erasure");
  await picture(page, "portal-erased");
  await page.goto(`${side}/`);
  await settled(page);
  await page.getByText("The data of a person was erased").first().waitFor();
  assert.equal(await page.getByText("Wilhelmina").count(), 0);
  assert.deepEqual(page.wrong, []);
  await page.context().close();
});

// At the end: from then on ann signs in with a code.
test("an admin demands a second factor, and who has none is led to setting one up", async () => {
  const page = await open(browser);
  await signIn(page, side, ann, "/people");
  const link = await invite(page, "Add a person", "Nils Holm", "nils@acme.example");
  const theirs = await open(browser, { width: "phone" });
  await choose(theirs, link, CHOSEN);
  await theirs.waitForURL(`${side}/`);
  await settled(theirs);
  const rule = part(page, "Second factor");
  const demand = async () => {
    await rule.getByRole("button", { name: "Demand one of everybody" }).click();
    const dialog = page.getByRole("dialog", { name: "Demand a second factor of everybody?" });
    await dialog.getByText(/people have none: from their next click on/).waitFor();
    await dialog.getByRole("button", { name: "Demand it" }).click();
    return dialog;
  };
  const dialog = await demand();
  await dialog
    .getByRole("alert")
    .filter({ hasText: "You have no second factor yourself" })
    .waitFor();
  await picture(page, "portal-demand-second-factor");
  await dialog.getByRole("button", { name: "Keep it as it is" }).click();

  await page.goto(`${side}/account`);
  await setUpFactor(page, ann.password);
  await page.goto(`${side}/people`);
  await settled(page);
  await demand();
  await recorded(page, "A second factor is demanded of everybody from now on.");
  await isSound(page, "people, a second factor is demanded");

  // The open page of the other one is asked again, since the ledger moved; at the latest by the next click.
  await theirs.goto(`${side}/licenses`);
  await theirs
    .getByRole("heading", { name: "Your organization demands a second factor" })
    .waitFor();
  theirs.wrong.length = 0;
  await isSound(theirs, "a second factor is demanded, phone");
  await picture(theirs, "portal-second-factor-demanded-phone");
  await setUpFactor(theirs, CHOSEN);
  await theirs.getByRole("heading", { level: 1, name: "Licenses" }).waitFor();

  await rule.getByRole("button", { name: "Leave it to each person" }).click();
  await page
    .getByRole("dialog", { name: "No longer demand a second factor?" })
    .getByRole("button", { name: "Leave it to each person" })
    .click();
  await recorded(page, "A second factor is each person’s own choice again.");
  assert.deepEqual(page.wrong, []);
  await page.context().close();
  await theirs.context().close();
});
