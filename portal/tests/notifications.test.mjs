// Whoever is concerned is told behind the bell and by mail, and chooses what to be told.

import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startDemo } from "../../graphql/conformance/server.mjs";
import { isSound, launch, open, part, picture, recorded, settled, signIn } from "./browser.mjs";
import { ask, licenses } from "./sample.mjs";

let demo;
let browser;
let ann;
let bob;
let side;
let temporary;

before(async () => {
  // The demo makes its folder there, so that its mails are found.
  temporary = mkdtempSync(join(tmpdir(), "deedbook-mails-"));
  process.env.TMPDIR = temporary;
  demo = await startDemo();
  browser = await launch();
  ann = demo.person("portal", "org_admin");
  bob = demo.person("portal", "member");
  side = demo.addresses.portal;
});

after(async () => {
  await browser?.close();
  await demo?.stop();
  rmSync(temporary, { recursive: true, force: true });
});

/** The mails of the demo that hold these words, without soft line breaks. */
function mails(words) {
  const files = readdirSync(temporary, { recursive: true }).filter((one) => one.endsWith(".eml"));
  const texts = files.map((one) => readFileSync(join(temporary, one), "utf8"));
  return texts.map((one) => one.replaceAll("=\r\n", "")).filter((one) => one.includes(words));
}

const bell = (page) => page.getByRole("link", { name: /^Notifications/ });

/** Asks again until the bell says so. */
async function rings(page, name) {
  await page.getByRole("link", { name, exact: true }).waitFor();
}

test("a changed password rings behind the bell and comes by mail, and is read", async () => {
  const page = await open(browser, { width: "phone" });
  await signIn(page, side, bob, "/account");
  await rings(page, "Notifications");
  const password = part(page, "Password");
  await password.getByLabel("Present password").fill(bob.password);
  await password.getByLabel("New password").fill("seven grey herons over Malmö");
  await password.getByRole("button").click();
  await page.getByText("Your password is changed.").waitFor();
  await rings(page, "Notifications: 1 new one");
  await isSound(page, "a bell that rings");
  await bell(page).click();
  const row = page.getByRole("listitem").filter({ hasText: "Your password was changed" });
  await row.getByText("New").waitFor();
  await isSound(page, "notifications");
  await picture(page, "portal-notifications-new-phone");
  await page.getByRole("button", { name: "Mark all as read" }).click();
  await recorded(page, "All are read.");
  await rings(page, "Notifications");
  await isSound(page, "notifications that were read");

  const [mail, ...others] = mails("Subject: Your password was changed");
  assert.equal(others.length, 0);
  assert.match(mail, /^To: bob@acme\.example\r$/m);
  assert.ok(mail.includes(`${side}/account`), mail);
  assert.ok(!mail.includes("List-Unsubscribe"), "what concerns security is always told");
});

test("what one is told is chosen on the own account, and security is always on", async () => {
  const page = await open(browser);
  await signIn(page, side, ann, "/account");
  const told = part(page, "What you are told");
  assert.equal(await told.getByRole("row").filter({ hasText: "Always" }).count(), 3);
  const seats = told.getByRole("checkbox", { name: "Seats given to you or taken back, by mail" });
  assert.ok(await seats.isChecked());
  await seats.uncheck();
  await told.getByLabel("Mails come").selectOption("once a day, in the morning");
  await told.getByLabel("No mails at certain hours").check();
  await told.getByLabel("From").fill("21:30");
  await isSound(page, "what one is told");
  await told.getByRole("button", { name: "Save what you are told" }).click();
  await recorded(page, "What you are told is saved.");
  await page.goto(`${side}/account`);
  await settled(page);
  await told.getByLabel("From").waitFor();
  assert.equal(await seats.isChecked(), false);
  assert.equal(await told.getByLabel("From").inputValue(), "21:30");
  assert.equal(await told.getByLabel("Until").inputValue(), "07:00");
  assert.equal(await told.getByLabel("Mails come").inputValue(), "DAILY");
  await picture(page, "portal-notification-choices");
  // What was saved before is saved again as it is.
  await seats.check();
  await told.getByRole("button", { name: "Save what you are told" }).click();
  await recorded(page, "What you are told is saved.");
});

test("a seat that is given is told to who gets it and to nobody else, with a link that ends such mails", async () => {
  const { L2 } = await licenses(demo, ann);
  const people = await ask(
    demo,
    ann,
    `{ license(id: "${L2}") { seatHolders(first: 100) { nodes { member { id } } } }
       account { people(first: 100) { nodes { id email } } } }`,
  );
  const seated = people.license.seatHolders.nodes.map(({ member }) => member?.id);
  // Ann herself is not told of what she does.
  const holder = people.account.people.nodes.find(
    ({ id, email }) => email && email !== ann.email && !seated.includes(id),
  );
  const input = { licenseId: L2, memberId: holder.id, commandId: crypto.randomUUID() };
  const given = await ask(
    demo,
    ann,
    "mutation($i: SeatAssignInput!) { seatAssign(input: $i) { userErrors { code } } }",
    { i: input },
  );
  assert.deepEqual(given.seatAssign.userErrors, []);
  const about = () => mails("Subject: You have a seat");
  const page = await open(browser, { width: "phone" });
  await signIn(page, side, ann, "/notifications");
  for (let times = 0; times < 200 && about().length === 0; times++) {
    await page.evaluate(() => new Promise((go) => requestAnimationFrame(go)));
  }
  const [mail, ...others] = about();
  assert.equal(others.length, 0);
  assert.ok(mail.includes(`To: ${holder.email}`), mail);
  assert.equal(await page.getByText("You have a seat").count(), 0, "it is not Ann's");

  const [, link] = /^List-Unsubscribe: <([^>]+)>\r$/m.exec(mail.replaceAll("\r\n ", " "));
  await page.goto(link);
  await page.getByRole("heading", { name: "No more mails about this?" }).waitFor();
  await isSound(page, "a link that ends mails");
  await page.getByRole("button", { name: "No more mails" }).click();
  await page.getByRole("heading", { name: "No more mails about this", exact: true }).waitFor();
  await isSound(page, "mails that ended");
  await picture(page, "portal-unsubscribe-phone");
});
