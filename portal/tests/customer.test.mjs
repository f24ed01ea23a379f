// A customer's admin does the main job: on a phone, at a desk, with the keyboard alone, beside a colleague.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startDemo } from "../../graphql/conformance/server.mjs";
import { isSound, launch, open, part, picture, settled, signIn, WIDTHS } from "./browser.mjs";
import { ask, licenses } from "./sample.mjs";

let demo;
let browser;
let ann;
let side;
let ids;

before(async () => {
  demo = await startDemo();
  browser = await launch();
  ann = demo.person("portal", "org_admin");
  side = demo.addresses.portal;
  ids = await licenses(demo, ann);
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

/** How many seats of a license are taken, as its page says. */
async function seatsTaken(page) {
  const said = await part(page, "Seats")
    .getByRole("img", { name: /^Assigned: / })
    .getAttribute("aria-label");
  return Number(/^Assigned: (\d+) of/.exec(said)[1]);
}

describe("whoever comes in", () => {
  test("is told what was wrong, keeps what was typed, and lands where the way led", async () => {
    const page = await open(browser);
    await page.goto(`${side}/licenses?status=ACTIVE`);
    // Nobody is signed in: the page leads to the form, which leads back.
    await page.waitForURL(/\/sign-in\?next=/);
    await page.getByLabel("E-mail").fill(ann.email);
    await page.getByLabel("Password").fill("not this one");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("alert").filter({ hasText: "do not fit here" }).waitFor();
    assert.equal(await page.getByLabel("E-mail").inputValue(), ann.email);
    assert.equal(await page.getByLabel("Password").inputValue(), "");
    await page.getByLabel("Password").fill(ann.password);
    await page.keyboard.press("Enter");
    await page.waitForURL(`${side}/licenses?status=ACTIVE`);
    await settled(page);
    // The session is nothing that a script could read.
    assert.equal(await page.evaluate(() => document.cookie), "");
    await page.context().close();
  });

  test("needs no script to sign in", async () => {
    const page = await open(browser, { javaScriptEnabled: false });
    await page.goto(`${side}/sign-in`);
    await page.getByLabel("E-mail").fill(ann.email);
    await page.getByLabel("Password").fill(ann.password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.waitForURL(`${side}/`);
    await page.context().close();
  });

  test("is at one side only", async () => {
    const page = await open(browser);
    await signIn(page, side, ann);
    await page.goto(`${demo.addresses.console}/`);
    await page.waitForURL(`${demo.addresses.console}/sign-in?next=%2F`);
    await page.context().close();
  });

  test("goes out, and nothing is left to see", async () => {
    const page = await open(browser);
    await signIn(page, side, ann);
    await page.locator("summary", { hasText: ann.name }).click();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.waitForURL(`${side}/sign-in`);
    await page.getByLabel("Password").waitFor();
    await page.goto(`${side}/licenses`);
    await page.waitForURL(/\/sign-in\?next=%2Flicenses$/);
    await page.context().close();
  });

  test("finds nothing by going back after signing out", async () => {
    const page = await open(browser);
    await signIn(page, side, ann, "/licenses");
    await page.getByRole("cell", { name: /Orbit/ }).first().waitFor();
    await page.goto(`${side}/`);
    await settled(page);
    await page.locator("summary", { hasText: ann.name }).click();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("Password").waitFor();
    // The page that comes back finds nobody signed in and leads away, maybe before it is there.
    await page.evaluate(() => history.back());
    await page.waitForURL(/\/sign-in\?next=%2Flicenses$/);
    await page.getByLabel("Password").waitFor();
    assert.doesNotMatch(await page.content(), new RegExp(`Orbit|${ann.name}|${ann.email}`));
    assert.deepEqual(await page.context().cookies(), []);
    await page.context().close();
  });

  test("goes out without a connection, and the session ends as soon as there is one", async () => {
    const page = await open(browser);
    await signIn(page, side, ann, "/licenses?text=Orbit");
    await page.getByRole("cell", { name: /Orbit/ }).first().waitFor();
    const [{ name, value }] = await page.context().cookies();
    const isIn = async () => {
      const body = JSON.stringify({ query: "{ viewer { member { id } } }" });
      const headers = { "Content-Type": "application/json", Authorization: `Bearer ${value}` };
      return (await fetch(`${side}/graphql`, { method: "POST", headers, body })).status === 200;
    };
    assert.ok(name.startsWith("deedbook_portal") && (await isIn()));
    await page.context().setOffline(true);
    await page.locator("summary", { hasText: ann.name }).click();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Signed out here" }).waitFor();
    assert.doesNotMatch(await page.content(), new RegExp(`Orbit|${ann.name}|${ann.email}`));
    assert.equal(page.url(), `${side}/sign-in`);
    assert.equal(await page.title(), "Signed out");
    assert.ok(await isIn(), "nobody could tell the service yet");
    await page.context().setOffline(false);
    await page.getByLabel("Password").waitFor();
    assert.equal(await isIn(), false);
    assert.deepEqual(await page.context().cookies(), []);
    await page.context().close();
  });
});

for (const width of Object.keys(WIDTHS)) {
  describe(width, () => {
    test("finds a license by what one has in hand", async () => {
      const page = await open(browser, { width });
      await signIn(page, side, ann, "/licenses");
      const rows = page.getByRole("row").filter({ has: page.getByRole("link", { name: "Orbit" }) });
      const own = await ask(
        demo,
        ann,
        `{ license(id: "${ids.L2}") { keyMasked devices(first: 1, status: [ACTIVE]) { nodes { name } }
           seatHolders(first: 1) { nodes { member { name } } } } }`,
      );
      const { keyMasked, devices, seatHolders } = own.license;
      const inHand = [
        keyMasked,
        keyMasked.slice(-4),
        devices.nodes[0].name,
        seatHolders.nodes[0].member.name,
      ];
      for (const text of inHand) {
        await page.getByRole("searchbox", { name: "Search" }).fill(text);
        await page.waitForURL((url) => url.searchParams.get("text") === text);
        await page
          .getByRole("status")
          .filter({ hasText: /^1 license$/ })
          .waitFor();
        assert.match(await rows.textContent(), /L2/, text);
      }
      await page.getByRole("searchbox", { name: "Search" }).fill("orbit");
      await page
        .getByRole("status")
        .filter({ hasText: /^4 licenses$/ })
        .waitFor();
      await page.getByRole("button", { name: "Expiring" }).click();
      await page
        .getByRole("status")
        .filter({ hasText: /^1 license$/ })
        .waitFor();
      assert.equal(new URL(page.url()).search, "?text=orbit&status=EXPIRING");
      // The address is the whole question: it can be sent to a colleague.
      await page.reload();
      await page
        .getByRole("status")
        .filter({ hasText: /^1 license$/ })
        .waitFor();
      assert.equal(
        await page.getByRole("button", { name: "Expiring" }).getAttribute("aria-pressed"),
        "true",
      );
      const saved = page.waitForEvent("download");
      await page.getByRole("button", { name: "Save as CSV" }).click();
      assert.equal((await saved).suggestedFilename(), "licenses.csv");
      assert.deepEqual(page.wrong, []);
      await page.context().close();
    });

    test("gives a seat, takes it back, and both are told", async () => {
      const page = await open(browser, { width });
      await signIn(page, side, ann, `/licenses/${ids.L1}`);
      const seats = part(page, "Seats");
      const before = await seatsTaken(page);
      const people = await seats.getByLabel("Give a seat to").locator("option").allTextContents();
      const name = people[1];
      await seats.getByLabel("Give a seat to").selectOption(name);
      await seats.getByRole("button", { name: "Assign" }).click();
      const recorded = page.getByRole("status").filter({ hasText: "Recorded as #" });
      await recorded.filter({ hasText: `${name} has a seat now.` }).waitFor();
      await seats.getByRole("button", { name: `Take back the seat of ${name}` }).waitFor();
      assert.equal(await seatsTaken(page), before + 1);

      await seats.getByRole("button", { name: `Take back the seat of ${name}` }).click();
      const dialog = page.getByRole("dialog", { name: `Take back the seat of ${name}?` });
      await dialog.getByText("can no longer use Orbit").waitFor();
      await isSound(page, `taking back a seat, ${width}`);
      await page.screenshot(); // The dialog is above the page: it is in the pictures of the window.
      await dialog.getByRole("button", { name: "Keep it as it is" }).click();
      assert.equal(await seatsTaken(page), before + 1);
      await seats.getByRole("button", { name: `Take back the seat of ${name}` }).click();
      await dialog.getByRole("button", { name: "Take the seat back" }).click();
      await recorded.filter({ hasText: `The seat of ${name} is free.` }).waitFor();
      await page.waitForFunction(
        (taken) => document.querySelector(`[aria-label^="Assigned: ${taken} of"]`),
        before,
      );
      const history = part(page, "History");
      await history.getByText(`The seat of ${name} was freed`).first().waitFor();
      await history.getByText(`${name} got a seat`).first().waitFor();
      assert.deepEqual(page.wrong, []);
      await page.context().close();
    });

    test("frees the slot of a device that is gone, right from what does not work", async () => {
      const page = await open(browser, { width });
      await signIn(page, side, ann, `/licenses/${ids.L4}`);
      const devices = part(page, "Devices and domains");
      const button = devices.getByRole("button", { name: /^Deactivate / }).first();
      const name = (await button.getAttribute("aria-label")).replace("Deactivate ", "");
      await button.click();
      const dialog = page.getByRole("dialog", { name: `Deactivate ${name}?` });
      await dialog.getByText("slot is free at once").waitFor();
      await dialog.getByRole("button", { name: "Deactivate", exact: true }).click();
      await page
        .getByRole("status")
        .filter({ hasText: `${name} is deactivated, its slot is free.` })
        .waitFor();
      await devices
        .getByRole("button", { name: `Deactivate ${name}`, exact: true })
        .waitFor({ state: "detached" });
      await devices.getByText(/earlier activation/).waitFor();
      await part(page, "History").getByText(`${name} was deactivated`).first().waitFor();
      await page.context().close();
    });

    test("looks at a license as it was, and can change nothing there", async () => {
      const page = await open(browser, { width });
      await signIn(page, side, ann, `/licenses/${ids.L2}`);
      await page.getByLabel("As it was on").fill("2026-03-01");
      await page.getByText("You look at the past").waitFor();
      await page.waitForURL(/\?on=2026-03-01$/);
      await settled(page);
      assert.equal(
        await page.getByRole("button", { name: /^(Assign|Take back|Deactivate|Retire)/ }).count(),
        0,
      );
      await page.getByLabel("As it was on").fill("2020-01-01");
      await page.getByText("It was not there on 1 Jan 2020").waitFor();
      await page.getByRole("button", { name: "Show it as it is now" }).click();
      await page.getByRole("button", { name: "Assign" }).waitFor();
      await page.context().close();
    });

    test("learns why it does not work, and gets to what mends it", async () => {
      const page = await open(browser, { width });
      await signIn(page, side, ann, `/licenses/${ids.L1}`);
      await page.getByRole("link", { name: "Why doesn’t it work?" }).click();
      await page.getByRole("combobox", { name: "License" }).waitFor();
      const seated = await ask(
        demo,
        ann,
        `{ license(id: "${ids.L1}") { seatHolders(first: 50) { nodes { member { name } } } } account { members(first: 50) { nodes { name } } } }`,
      );
      const has = new Set(seated.license.seatHolders.nodes.map(({ member }) => member.name));
      const without = seated.account.members.nodes.find(({ name }) => !has.has(name)).name;
      await page.getByLabel("Person").selectOption(without);
      await page.getByLabel("Feature").selectOption({ index: 1 });
      await page.getByRole("heading", { name: /stops? it$/ }).waitFor();
      const fix = page.getByRole("link", { name: "Assign a seat" });
      await fix.waitFor();
      await page.getByText(/checks? passed/).waitFor();
      await isSound(page, `diagnose, ${width}`);
      await fix.click();
      await page.waitForURL(`${side}/licenses/${ids.L1}#seats`);
      await part(page, "Seats").getByLabel("Give a seat to").waitFor();
      assert.deepEqual(page.wrong, []);
      await page.context().close();
    });
  });
}

test("a key is shown on asking, and the history tells that it was", async () => {
  const page = await open(browser);
  await signIn(page, side, ann, `/licenses/${ids.L2}`);
  const head = part(page, "In short");
  assert.match(await head.locator("code").textContent(), /-\*+-/);
  await page.getByRole("button", { name: "Show the key" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Show the key" }).click();
  await head.locator("code", { hasNotText: "*" }).waitFor();
  const key = await head.locator("code").textContent();
  const found = await ask(demo, ann, `{ licenses(text: "${key}") { nodes { id } } }`);
  assert.deepEqual(found.licenses.nodes, [{ id: ids.L2 }]);
  await part(page, "History").getByText("The license key was shown in the clear").waitFor();
  await page.getByRole("button", { name: "Hide" }).click();
  assert.match(await head.locator("code").textContent(), /-\*+-/);
  await page.context().close();
});

test("a mistake is taken back where it is told", async () => {
  const page = await open(browser);
  await signIn(page, side, ann);
  const told = part(page, "Recent activity").getByRole("listitem");
  const undo = page.getByRole("button", { name: /^Undo/ });
  const given = told.filter({ hasText: "got a seat", has: undo }).first();
  const name = /^(.*) got a seat/.exec(await given.getByRole("link").textContent())[1];
  await given.locator(undo).click();
  const dialog = page.getByRole("dialog");
  await isSound(page, "taking back");
  await dialog.getByRole("button", { name: `Free the seat of ${name}` }).click();
  await page.getByText("is taken back.").waitFor();
  const newest = told.first();
  await newest.getByRole("link", { name: `The seat of ${name} was freed` }).waitFor();
  await newest.locator(undo).click();
  await dialog.getByRole("button", { name: `Give ${name} a seat again` }).click();
  await newest.getByRole("link", { name: `${name} got a seat` }).waitFor();
  await page.context().close();
});

test("two browsers see one another's change", async () => {
  const [desk, phone] = [await open(browser), await open(browser, { width: "phone" })];
  await signIn(desk, side, ann, `/licenses/${ids.L1}`);
  await signIn(phone, side, ann, "/");
  const bob = await open(browser);
  await signIn(bob, side, demo.person("portal", "member"), "/");
  const seats = part(desk, "Seats");
  const before = await seatsTaken(desk);
  const name = (await seats.getByLabel("Give a seat to").locator("option").allTextContents())[1];
  const found = await ask(demo, ann, "{ account { people(first: 50) { nodes { id name } } } }");
  const { id } = found.account.people.nodes.find((member) => member.name === name);
  // By another program, not by a page of ours.
  const change = (mutation, input) =>
    ask(
      demo,
      ann,
      `mutation($input: ${input}!) { ${mutation}(input: $input) { userErrors { code } } }`,
      { input: { commandId: crypto.randomUUID(), licenseId: ids.L1, memberId: id } },
    );
  const taken = (seats) =>
    desk.waitForFunction(
      (number) => document.querySelector(`[aria-label^="Assigned: ${number} of"]`),
      seats,
    );
  await change("seatAssign", "SeatAssignInput");
  await taken(before + 1);
  await part(phone, "Recent activity").getByText(`${name} got a seat`).first().waitFor();
  await change("seatUnassign", "SeatUnassignInput");
  await taken(before);
  await part(phone, "Recent activity").getByText(`The seat of ${name} was freed`).first().waitFor();
  for (const page of [desk, phone, bob]) {
    assert.deepEqual(page.wrong, [], page.url());
    await page.context().close();
  }
});

test("the keyboard alone suffices", async () => {
  const page = await open(browser);
  const focused = () => page.evaluate(() => document.activeElement?.textContent ?? "");
  /** Goes on with the tab key until what is focused fits. */
  const tabTo = async (locator) => {
    for (let steps = 0; steps < 120; steps += 1) {
      if (await locator.evaluate((element) => element === document.activeElement)) {
        const ring = await locator.evaluate((element) => getComputedStyle(element).outlineStyle);
        assert.notEqual(ring, "none", `it shows that it is focused: ${await focused()}`);
        return;
      }
      await page.keyboard.press("Tab");
    }
    assert.fail(`the tab key never reaches ${locator}`);
  };
  await page.goto(`${side}/sign-in`);
  await page.locator("#email:focus").waitFor();
  await page.keyboard.type(ann.email);
  await page.keyboard.press("Tab");
  await page.keyboard.type(ann.password);
  await page.keyboard.press("Enter");
  await page.waitForURL(`${side}/`);
  await settled(page);
  await page.keyboard.press("Tab");
  assert.match(await focused(), /^Skip to the content/);
  await tabTo(page.getByRole("link", { name: "Licenses", exact: true }));
  await page.keyboard.press("Enter");
  await page.waitForURL(`${side}/licenses`);
  await settled(page);
  await tabTo(page.getByRole("searchbox"));
  await page.keyboard.type("L1");
  await page
    .getByRole("status")
    .filter({ hasText: /^1 license$/ })
    .waitFor();
  await tabTo(page.getByRole("link", { name: "Orbit" }));
  await page.keyboard.press("Enter");
  await page.waitForURL(`${side}/licenses/${ids.L1}`);
  await settled(page);
  const seats = part(page, "Seats");
  const chooser = seats.getByLabel("Give a seat to");
  const name = (await chooser.locator("option").allTextContents())[1];
  await tabTo(chooser);
  await page.keyboard.press("ArrowDown");
  await tabTo(seats.getByRole("button", { name: "Assign" }));
  await page.keyboard.press("Enter");
  const back = seats.getByRole("button", { name: `Take back the seat of ${name}` });
  await back.waitFor();
  await tabTo(back);
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog");
  await dialog.waitFor();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
  // One is back where one was.
  assert.ok(await back.evaluate((element) => element === document.activeElement));
  await page.keyboard.press("Enter");
  await tabTo(dialog.getByRole("button", { name: "Take the seat back" }));
  await page.keyboard.press("Enter");
  await page
    .getByRole("status")
    .filter({ hasText: `The seat of ${name} is free.` })
    .waitFor();
  await page.context().close();
});

test("what is missing, slow or broken is said, and one can go on", async () => {
  const page = await open(browser);
  await signIn(page, side, ann);
  await page.context().setOffline(true);
  await page.getByText("You are offline.").waitFor();
  await page.context().setOffline(false);
  await page.getByText("You are offline.").waitFor({ state: "detached" });

  let answer;
  const held = new Promise((resolve) => {
    answer = resolve;
  });
  await page.route("**/graphql", async (route) => {
    await held;
    await route.continue();
  });
  await page.goto(`${side}/licenses`);
  await page.getByRole("status", { name: "Loading" }).first().waitFor();
  await picture(page, "portal-licenses-loading");
  answer();
  await settled(page);
  await page.unroute("**/graphql");

  await page.route("**/graphql", (route) => route.abort());
  await page.goto(`${side}/licenses`);
  const failed = page.getByRole("alert");
  await failed.getByText("The service did not answer.").waitFor();
  await picture(page, "portal-licenses-failed");
  await page.unroute("**/graphql");
  await failed.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("link", { name: "Orbit" }).first().waitFor();
  await page.context().close();
});

test("instants follow the chosen time zone, numbers the locale, colours the choice", async () => {
  const page = await open(browser, { locale: "de-DE", timezoneId: "Asia/Tokyo" });
  await signIn(page, side, ann, `/licenses/${ids.L2}`);
  const first = part(page, "History").getByRole("time").first();
  const shown = () => first.textContent();
  const tokyo = await shown();
  await page.locator("summary", { hasText: ann.name }).click();
  await page.getByLabel("Time zone").selectOption("America/New_York");
  await settled(page);
  assert.notEqual(await shown(), tokyo);
  await part(page, "What it allows")
    .getByText(/\d\.\d{3} (von|of) 100\.000/)
    .waitFor();
  await page.locator("summary", { hasText: ann.name }).click();
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground();
  await page.getByRole("combobox", { name: "Look", exact: true }).selectOption("dark");
  assert.notEqual(await ground(), light);
  await page.reload();
  await settled(page);
  assert.notEqual(await ground(), light);
  await page.context().close();
});
