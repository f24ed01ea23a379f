// What one does on the page of a license, as a customer's admin and as a vendor's operator.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startDemo } from "../../graphql/conformance/server.mjs";
import { isSound, launch, open, operations, part, picture, recorded, signIn } from "./browser.mjs";
import { ask, licenses } from "./sample.mjs";

let demo;
let browser;
let ids;

before(async () => {
  demo = await startDemo();
  browser = await launch();
  ids = await licenses(demo, demo.person("portal", "org_admin"));
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

/** Each side with a license of its own to work on: both belong to accounts below the customer's, and have devices that
 * nobody uses any more. */
const SIDES = [
  ["portal", "org_admin", "L2"],
  ["console", "operator", "L3"],
];

/** Opens the page of the license; asks the ledger about it. */
const hands = (side, role, number) => ({
  come: async () => {
    const page = await open(browser);
    await signIn(page, demo.addresses[side], demo.person(side, role), `/licenses/${ids[number]}`);
    return page;
  },
  tell: async (fields) => {
    const asked = `{ license(id: "${ids[number]}") { ${fields} } }`;
    return (await ask(demo, demo.person(side, role), asked)).license;
  },
});

for (const [side, role, number] of SIDES) {
  describe(side, () => {
    const { come, tell } = hands(side, role, number);

    test("a seat is taken back and given again", async () => {
      const holders = "seatHolders(first: 50) { nodes { member { name } } }";
      const names = (license) => license.seatHolders.nodes.map(({ member }) => member.name).sort();
      const before = await tell(`${holders} account { members(first: 50) { nodes { name } } }`);
      const [name] = names(before);
      const page = await come();
      const seats = part(page, "Seats");
      const options = seats.getByLabel("Give a seat to").locator("option");
      // Whoever belongs to the account whose license it is may get a seat.
      for (const { name } of before.account.members.nodes) {
        const offered = await options.filter({ hasText: name }).count();
        assert.equal(offered, names(before).includes(name) ? 0 : 1, name);
      }
      await seats.getByRole("button", { name: `Take back the seat of ${name}` }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Take the seat back" }).click();
      await recorded(page, `The seat of ${name} is free.`);
      assert.ok(!names(await tell(holders)).includes(name));
      await seats.getByLabel("Give a seat to").selectOption(name);
      await seats.getByRole("button", { name: "Assign" }).click();
      await recorded(page, `${name} has a seat now.`);
      assert.deepEqual(names(await tell(holders)), names(before));
      assert.deepEqual(page.wrong, []);
      await page.context().close();
    });

    test("silent devices are retired after a look at them", async () => {
      const asked =
        "deviceSlots { used } devices(first: 50, kind: DEVICE, status: [DEAD]) { totalCount nodes { name } }";
      const before = await tell(asked);
      const silent = before.devices.totalCount;
      assert.ok(silent > 0, "the sample has devices that nobody uses");
      const page = await come();
      await page.getByRole("button", { name: "Retire silent devices" }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByText(/slots? (is|are) free at once/).waitFor();
      for (const { name } of before.devices.nodes) {
        await dialog
          .getByRole("listitem")
          .filter({ hasText: name })
          .getByText("last seen")
          .waitFor();
      }
      assert.equal(await dialog.getByRole("listitem").count(), silent);
      await isSound(page, "what would be retired");
      await dialog.getByRole("button", { name: "Keep it as it is" }).click();
      assert.deepEqual(await tell(asked), before, "looking does nothing");
      await page.getByRole("button", { name: "Retire silent devices" }).click();
      await dialog.getByRole("button", { name: "Retire them" }).click();
      await recorded(page, `${silent} device${silent === 1 ? "" : "s"} retired`);
      const after = await tell(asked);
      assert.equal(after.devices.totalCount, 0);
      assert.equal(Number(before.deviceSlots.used) - Number(after.deviceSlots.used), silent);
      // Nothing is silent any more, so that nothing is offered.
      await page
        .getByRole("button", { name: "Retire silent devices" })
        .waitFor({ state: "hidden" });
      assert.deepEqual(page.wrong, []);
      await page.context().close();
    });

    test("today is not the past, and neither is a date that is none", async () => {
      const page = await come();
      const address = page.url();
      const today = new Date().toLocaleDateString("sv", { timeZone: "Europe/Berlin" });
      for (const on of [today, "2999-12-31", "2026-13-99"]) {
        const sent = operations(page);
        await page.goto(`${address}?on=${on}`);
        await part(page, "History").waitFor();
        await page.waitForLoadState("networkidle");
        assert.equal(sent.filter(({ name }) => name === "License").length, 1, on);
        assert.equal(await page.getByText("You look at the past").count(), 0, on);
        page.removeAllListeners("response");
      }
      assert.deepEqual(page.wrong, []);
      await page.context().close();
    });

    test("the whole history is read, page by page", async () => {
      const { history } = await tell("history(first: 1) { totalCount }");
      assert.ok(history.totalCount > 10, "it has more than one page");
      const page = await come();
      const events = part(page, "History").getByRole("listitem");
      const next = page.getByRole("button", { name: "Next page" });
      let read = await events.count();
      while (await next.isVisible()) {
        const newest = await events.first().textContent();
        await next.click();
        await events.filter({ hasText: newest }).waitFor({ state: "detached" });
        read += await events.count();
      }
      assert.equal(read, history.totalCount);
      assert.equal(await events.filter({ hasText: "was issued" }).count(), 1);
      await isSound(page, "the end of a history");
      await page.reload();
      await events.filter({ hasText: "was issued" }).waitFor();
      await page.getByRole("button", { name: "First page" }).click();
      await next.waitFor();
      assert.deepEqual(page.wrong, []);
      await page.context().close();
    });
  });
}

test("where no device was silent for long enough, nothing can be retired", async () => {
  const vera = demo.person("console", "operator");
  const asked = `query($after: String) { licenses(first: 40, after: $after) {
    pageInfo { endCursor }
    nodes { id
      dormant: devices(first: 1, kind: DEVICE, status: [DORMANT]) { totalCount }
      dead: devices(first: 1, kind: DEVICE, status: [DEAD]) { totalCount } } } }`;
  let quiet;
  for (let after = null; !quiet; ) {
    const { nodes, pageInfo } = (await ask(demo, vera, asked, { after })).licenses;
    assert.ok(
      nodes.length > 0,
      "the sample has a license with a device that was silent for a while",
    );
    quiet = nodes.find(({ dormant, dead }) => dormant.totalCount > 0 && dead.totalCount === 0);
    after = pageInfo.endCursor;
  }
  const page = await open(browser);
  await signIn(page, demo.addresses.console, vera, `/licenses/${quiet.id}`);
  await page.getByRole("button", { name: "Retire silent devices" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("There is nothing to retire.").waitFor();
  assert.deepEqual(await dialog.getByRole("button").allTextContents(), ["Close"]);
  await isSound(page, "nothing to retire");
  await dialog.getByRole("button", { name: "Close" }).click();
  await dialog.waitFor({ state: "hidden" });
  await page.context().close();
});

// At the end: from then on the lists above are not whole any more.
for (const [side, role, number] of SIDES) {
  test(`one of very many people is found by the beginning of a name, ${side}`, async () => {
    const { come, tell } = hands(side, role, number);
    const zofie = `Žofie Ångström-${side}`;
    const { account } = await tell("account { id }");
    const add = `mutation($input: MemberAddInput!) { memberAdd(input: $input) { userErrors { code } } }`;
    for (let number = 0; number < 41; number += 1) {
      const input = {
        commandId: crypto.randomUUID(),
        accountId: account.id,
        name: number === 40 ? zofie : `Crew ${side} ${number}`,
        email: `crew-${side}-${number}@example.com`,
        role: "MEMBER",
      };
      const { memberAdd } = await ask(demo, demo.person(side, role), add, { input });
      assert.deepEqual(memberAdd.userErrors, []);
    }
    const page = await come();
    const seats = part(page, "Seats");
    const chooser = seats.getByLabel("Give a seat to");
    await chooser
      .locator("option", { hasText: /^Choose a person: the first \d+ of \d+$/ })
      .waitFor({
        state: "attached",
      });
    await seats.getByLabel("Find a person").fill(`crew-${side}-40`);
    await chooser.locator("option", { hasText: zofie }).waitFor({ state: "attached" });
    assert.equal(await chooser.locator("option").count(), 2);
    await isSound(page, `finding a person, ${side}`);
    await picture(page, `${side}-find-a-person`);
    await seats.getByLabel("Find a person").fill("nobody at all");
    await chooser.locator("option", { hasText: "Nothing is called so" }).waitFor({
      state: "attached",
    });
    await seats.getByLabel("Find a person").fill(`ångström-${side.slice(0, 4)}`);
    await chooser.locator("option", { hasText: zofie }).waitFor({ state: "attached" });
    await chooser.selectOption(zofie);
    await seats.getByRole("button", { name: "Assign" }).click();
    await recorded(page, `${zofie} has a seat now.`);
    await seats.getByRole("button", { name: `Take back the seat of ${zofie}` }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Take the seat back" }).click();
    await recorded(page, `The seat of ${zofie} is free.`);
    assert.deepEqual(page.wrong, []);
    await page.context().close();
  });
}
