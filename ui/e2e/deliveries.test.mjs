// Deliveries on the pages: what waits and why, when something is expected, what is
// on its way to a file, and post that is handed on.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fits, launch, sound, visit } from "./pages.mjs";
import { serve } from "./server.mjs";

let at, browser;

const shot = async (page, name) => process.env.EAKTE_SHOTS && page.screenshot({ path: `${process.env.EAKTE_SHOTS}/${name}.png`, fullPage: true });

// until loads a page again until it shows something.
async function until(page, path, selector, seconds = 180) {
  for (let left = seconds; left > 0; left -= 2) {
    await page.goto(at.url + path);
    if ((await page.locator(selector).count()) > 0) return;
    await page.waitForTimeout(2000);
  }
  assert.fail(`${selector} never came on ${path}`);
}

before(async () => {
  at = await serve(3);
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await at?.stop();
});

test("the provider sees what is missing, without script too", async () => {
  const page = await visit(browser, at, { user: "sdn" });
  await until(page, "/deliveries?state=waiting", "tr[data-delivery]");
  await page.goto(at.url + "/deliveries");
  await sound(page, "deliveries");
  const bare = await visit(browser, at, { user: "sdn", javaScriptEnabled: false, viewport: { width: 320, height: 800 } });
  await bare.goto(at.url + "/deliveries?state=waiting");
  await fits(bare, "deliveries");
  await bare.click("tr[data-delivery] a");
  assert.match(await bare.locator("[data-problems]").innerText(), /bitte/);
  await fits(bare, "a delivery");
  await bare.context().close();
  await page.click("tr[data-delivery] a");
  await sound(page, "a delivery");
  await shot(page, "delivery");
  await page.click("details.withdraw summary");
  assert.equal(await page.locator("details.withdraw input[required]").count(), 2, "giving up asks for the reason and a tick");
  assert.deepEqual(page.complaints, []);
});

test("an administrator sets when a provider delivers", async () => {
  const page = await visit(browser, at, { user: "n.schloss" });
  await page.goto(at.url + "/deliveries");
  await page.click("tr[data-provider] a");
  await sound(page, "plan");
  await page.fill("#by", "halb vier");
  await page.press("#by", "Enter");
  await page.waitForSelector("[aria-invalid]");
  await page.fill("#by", "23:59");
  for (const day of [6, 7]) await page.check(`#weekday-${day}`);
  await page.fill("#off", "24.12.2030\n25.12.2030");
  await page.press("#by", "Enter");
  await page.waitForURL(at.url + "/deliveries");
  assert.match(await page.locator("tr[data-provider]").innerText(), /geliefert/);
  await sound(page, "deliveries with a plan");
});

test("what is on its way stands on the file, for reception too", async () => {
  const page = await visit(browser, at, { user: "e.tor" });
  await page.goto(at.url + "/files?q=03104//0012345");
  const file = await page.locator("td a[href^='/files/'], th a[href^='/files/']").first().getAttribute("href");
  await until(page, file, "[data-pending] li[data-kind=transit]", 60);
  assert.match(await page.locator("[data-pending]").innerText(), /unterwegs: Scandienst Nord/);
  await sound(page, "file with pending");
  await shot(page, "pending");
});

test("custody, and post for another authority with its cover note", async () => {
  const page = await visit(browser, at, { user: "c.klar" });
  let id = "";
  for (let left = 60; id === "" && left > 0; left--) { // until one has been read
    await until(page, "/clearing", "tr[data-doc]");
    for (const each of await page.locator("tr[data-doc]").evaluateAll((rows) => rows.map((r) => r.dataset.doc))) {
      await page.goto(`${at.url}/documents/${each}`);
      const read = (await page.locator("aside >> text=In Klärung").count()) > 0;
      if (read && (await page.locator("[data-transfer-note]").count()) > 0) id = each;
    }
    if (id === "") await page.waitForTimeout(2000);
  }
  assert.notEqual(id, "", "no document in clearing came from a delivery");
  await page.goto(`${at.url}/documents/${id}`);
  assert.ok((await page.locator("[data-custody] li").count()) >= 2, "custody has no steps");
  await page.click(".transfer-note summary");
  assert.equal(await page.locator("[data-transfer-note] dt").count(), 6, "a transfer note has six statements");
  await sound(page, "custody");
  await shot(page, "custody");
  await page.goto(`${at.url}/documents/${id}/forward`);
  await sound(page, "forward");
  await page.fill("#addressee", "Wohngeldstelle, Markt 1, 17033 Neustadt");
  await page.fill("#reason", "Antrag auf Wohngeld");
  await page.press("#reason", "Enter");
  await page.waitForSelector(".cover-note");
  await sound(page, "cover note");
  await shot(page, "cover-note");
  await page.goto(at.url + "/mailroom/forwarded");
  await page.click(`tr[data-doc="${id}"] a`);
  await shot(page, "forwarded");
  await page.click("text=Weiterleitung zurücknehmen");
  await page.waitForSelector("text=In Klärung");
});

test("the mailroom's rules and the post book", async () => {
  const page = await visit(browser, at, { user: "e.tor" });
  await page.goto(at.url + "/mailroom");
  await sound(page, "mailroom");
  await page.goto(at.url + "/mailroom/book");
  await page.fill("#handed_to", "Frau Sommer");
  await page.press("#handed_to", "Enter");
  await page.waitForSelector("tr[data-post]");
  await sound(page, "post book");
  await shot(page, "book");
  await page.setViewportSize({ width: 320, height: 800 });
  await fits(page, "post book");
  await page.goto(at.url + "/mailroom");
  await fits(page, "mailroom");
});
