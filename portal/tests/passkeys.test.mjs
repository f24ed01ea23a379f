// A passkey is added, signs in by itself, proves who one is, counts as the second factor that is demanded, and is removed;
// at both doors, with an authenticator that the browser plays.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startDemo } from "../../graphql/conformance/server.mjs";
import { isSound, launch, open, part, picture, settled, signIn, WIDTHS } from "./browser.mjs";

let demo;
let browser;
/** Passkeys belong to the name of a host: an address of numbers has none. */
const named = (address) => address.replace("127.0.0.1", "localhost");

before(async () => {
  demo = await startDemo();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

/** A device whose owner touches it whenever it asks. */
async function withDevice(page) {
  const browserSide = await page.context().newCDPSession(page);
  await browserSide.send("WebAuthn.enable");
  const { authenticatorId } = await browserSide.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return {
    /** Whether its owner is the one who touches it. */
    verified: (isUserVerified) =>
      browserSide.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified }),
  };
}

async function add(page, name) {
  const passkeys = part(page, "Passkeys");
  await passkeys.getByLabel("What you call it").fill(name);
  await passkeys.getByRole("button", { name: "Add a passkey" }).click();
  await page.getByText(`${name} is added.`).waitFor();
  return passkeys;
}

async function comeBack(page, side) {
  await page.goto(`${side}/sign-in?next=%2Faccount`);
  await page.getByRole("button", { name: "Use a passkey" }).click();
}

test("a passkey is added, signs in without anything typed, and proves who one is", async () => {
  const side = named(demo.addresses.portal);
  const page = await open(browser);
  const device = await withDevice(page);
  const gil = demo.addresses.people.find(({ handle }) => handle === "gil");
  await signIn(page, side, gil, "/account");
  const passkeys = await add(page, "Work laptop");
  await passkeys.getByText("not used since").waitFor();
  await isSound(page, "account, with a passkey");
  await picture(page, "portal-passkeys-desktop");
  await page.setViewportSize(WIDTHS.phone);
  await isSound(page, "account, with a passkey, phone");
  await picture(page, "portal-passkeys-phone");
  await page.setViewportSize(WIDTHS.desktop);

  await page.request.post(`${side}/sign-out`, { headers: { origin: side } });
  await page.goto(`${side}/sign-in?next=%2Faccount`);
  await isSound(page, "sign in, with the button for passkeys");
  await picture(page, "portal-sign-in-passkey");
  await page.setViewportSize(WIDTHS.phone);
  await isSound(page, "sign in, with the button for passkeys, phone");
  await picture(page, "portal-sign-in-passkey-phone");
  await page.setViewportSize(WIDTHS.desktop);
  // Somebody else touches the device: it signs nothing.
  await device.verified(false);
  await page.getByRole("button", { name: "Use a passkey" }).click();
  await page.getByRole("alert").filter({ hasText: "No passkey was shown." }).waitFor();
  await device.verified(true);
  await page.getByRole("button", { name: "Use a passkey" }).click();
  await page.waitForURL(`${side}/account`);
  await settled(page);
  await passkeys.getByText("last used").waitFor();

  // As if five minutes had passed.
  const refused = { code: "PROOF_NEEDED", message: "Show first who you are.", advice: "" };
  let asked = 0;
  await page.route("**/passkeys/remove", async (route) => {
    asked += 1;
    if (asked > 1) return route.fallback();
    await route.fulfill({ status: 403, json: { error: refused } });
  });
  await passkeys.getByRole("button", { name: "Remove Work laptop" }).click();
  await page.getByRole("button", { name: "Remove it" }).click();
  const dialog = page.getByRole("dialog", { name: "Confirm that it is you" });
  await dialog.getByRole("button", { name: "Use a passkey" }).waitFor();
  page.wrong.length = 0;
  await isSound(page, "asked again, with the button for passkeys");
  await picture(page, "portal-step-up-passkey");
  await dialog.getByRole("button", { name: "Use a passkey" }).click();
  await page.getByText("Work laptop is removed.").waitFor();
  assert.equal(await passkeys.getByRole("button", { name: /^Remove/ }).count(), 0);
  await comeBack(page, side);
  await page.getByRole("alert").filter({ hasText: "does not fit here" }).waitFor();
  await page.context().close();
});

test("the vendor's people have passkeys too", async () => {
  const side = named(demo.addresses.console);
  const page = await open(browser, { theme: "dark" });
  await withDevice(page);
  const vera = demo.person("console");
  await signIn(page, side, vera, "/account");
  await add(page, "Vera’s phone");
  await isSound(page, "console account, with a passkey");
  await picture(page, "console-passkeys-dark");
  await page.request.post(`${side}/sign-out`, { headers: { origin: side } });
  await comeBack(page, side);
  await page.waitForURL(`${side}/account`);
  await settled(page);
  // At the other door the same passkey is nobody's.
  await page.goto(`${named(demo.addresses.portal)}/sign-in`);
  await page.getByRole("button", { name: "Use a passkey" }).click();
  await page.getByRole("alert").filter({ hasText: "does not fit here" }).waitFor();
  await page.context().close();
});

// At the end: it demands a second factor of everybody.
test("where a second factor is demanded, a passkey is one", async () => {
  const side = named(demo.addresses.portal);
  const ann = demo.person("portal", "org_admin");
  const page = await open(browser);
  await withDevice(page);
  await signIn(page, side, ann, "/account");
  await add(page, "Ann’s laptop");
  await page.goto(`${side}/people`);
  await settled(page);
  await part(page, "Second factor")
    .getByRole("button", { name: "Demand one of everybody" })
    .click();
  await page
    .getByRole("dialog", { name: "Demand a second factor of everybody?" })
    .getByRole("button", { name: "Demand it" })
    .click();
  await page.getByText("A second factor is demanded of everybody from now on.").waitFor();

  const phone = await open(browser, { width: "phone" });
  await withDevice(phone);
  const bob = demo.addresses.people.find(({ handle }) => handle === "bob");
  await phone.goto(`${side}/sign-in`);
  await phone.getByLabel("E-mail").fill(bob.email);
  await phone.getByLabel("Password").fill(bob.password);
  await phone.getByRole("button", { name: "Sign in", exact: true }).click();
  await phone.getByRole("heading", { name: "Your organization demands" }).waitFor();
  phone.wrong.length = 0;
  await isSound(phone, "a second factor is demanded, passkeys are known");
  await picture(phone, "portal-demanded-passkey-phone");
  const passkey = part(phone, "Passkey");
  await passkey.getByLabel("What you call it").fill("Bob’s phone");
  await passkey.getByRole("button", { name: "Add a passkey" }).click();
  await phone.getByRole("link", { name: "Licenses" }).first().waitFor();

  // With the password alone, the passkey that is there is asked for.
  await phone.request.post(`${side}/sign-out`, { headers: { origin: side } });
  await phone.goto(`${side}/sign-in`);
  await phone.getByLabel("E-mail").fill(bob.email);
  await phone.getByLabel("Password").fill(bob.password);
  await phone.getByRole("button", { name: "Sign in", exact: true }).click();
  await phone.getByText("You have a passkey, and came in without it.").waitFor();
  phone.wrong.length = 0;
  await isSound(phone, "the passkey that is there is asked for");
  await phone.getByRole("button", { name: "Use a passkey" }).click();
  await phone.getByRole("link", { name: "Licenses" }).first().waitFor();
  await Promise.all([page, phone].map((one) => one.context().close()));
});
