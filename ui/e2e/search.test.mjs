// Searching: who calls, what lies where, and the searches that come back every week.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { fits, found, launch, sound, visit } from "./pages.mjs";
import { serve } from "./server.mjs";

const number = "03104//0012345"; // the file that the demonstration shows

describe("search in the browser", { timeout: 300_000 }, () => {
  let at, browser, file;

  before(async () => {
    at = await serve(3);
    browser = await launch();
    const page = await visit(browser, at);
    await found(page, at, `/search?q=heizkosten+akte:${encodeURIComponent(number)}`);
    file = new URL(await page.locator("tr[data-doc] td a").first().getAttribute("href"), at.url).pathname;
    await page.context().close();
  });
  after(async () => {
    await browser?.close();
    await at?.stop();
  });

  // reach goes on by Tab until a selector has the focus.
  const reach = async (page, selector) => {
    for (let i = 0; i < 150; i++) {
      if (await page.evaluate((s) => document.activeElement.matches(s), selector)) return;
      await page.keyboard.press("Tab");
    }
    assert.fail(`${selector} can't be reached by Tab`);
  };

  test("a call: two actions to the file, with the reason why it is the one", async () => {
    const page = await visit(browser, at);
    await page.keyboard.type("gruenwise sabine");
    await page.keyboard.press("Enter");
    await page.waitForURL(/search/);
    const row = page.locator("#list table").first().locator("tbody th").first();
    assert.match(await row.textContent(), /ähnlich geschrieben: „Grünwiese“/);
    await page.keyboard.press("Enter");
    await page.waitForURL((u) => u.pathname === file);
    assert.match(await page.locator("h1").textContent(), /Grünwiese, Sabine/);
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  });

  test("a hit opens at its first mark, with a picture of its page beside it", async () => {
    const page = await visit(browser, at);
    await page.goto(at.url + "/search?q=heizkosten");
    const thumb = page.locator("tr[data-doc] img").first();
    assert.deepEqual(await thumb.evaluate((i) => [i.parentElement.offsetWidth, i.parentElement.offsetHeight, i.alt]), [48, 68, ""]); // nothing jumps
    assert.ok(await thumb.evaluate((i) => i.decode().then(() => i.naturalWidth)) > 0);
    await page.keyboard.press("j");
    while (!(await page.evaluate(() => document.activeElement.closest("tr")?.dataset.doc))) await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await page.locator("#pane .hit-here").waitFor();
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  });

  test("a picture that can't be had leaves blank paper, on a telephone there is none", async () => {
    const page = await visit(browser, at);
    await page.route(/\/image\?width=/, (route) => route.fulfill({ status: 503 }));
    await page.goto(at.url + "/search?q=heizkosten");
    const thumb = page.locator("tr[data-doc] img").first();
    await page.waitForFunction(() => document.querySelector(".thumb img").complete);
    assert.deepEqual(await thumb.evaluate((i) => [i.parentElement.offsetHeight, i.offsetHeight]), [68, 0]);
    await page.setViewportSize({ width: 640, height: 800 });
    assert.equal(await thumb.isVisible(), false);
    assert.ok((await page.locator("tr[data-doc] a[data-row]").count()) > 0);
    await page.context().close();
  });

  test("sections and files: chips, put on and taken off by keyboard", async () => {
    const page = await visit(browser, at);
    await page.goto(at.url + "/search?q=heizkosten&file=" + encodeURIComponent(number));
    const doc = await page.locator("tr[data-doc]").first().getAttribute("data-doc");
    await page.goto(`${at.url}/documents/${doc}/change`);
    await page.fill("#section", "Wohnen & Heizen");
    await page.press("#section", "Enter");
    await page.waitForURL((u) => u.pathname === "/documents/" + doc);
    await found(page, at, `/search?q=heizkosten&section=${encodeURIComponent("Wohnen & Heizen")}`);

    await page.goto(at.url + file);
    await page.locator("#in-file").fill("heizkosten");
    await page.press("#in-file", "Enter");
    await page.waitForURL(/search\?.*file=/);
    assert.match(await page.locator("h1").textContent(), /„heizkosten“ in der Akte Grünwiese, Sabine · 03104\/\/0012345/);
    await reach(page, ".narrow-by > summary");
    await page.keyboard.press("Enter");
    await reach(page, `.chips[aria-label="Register"] a`);
    await page.keyboard.press("Enter");
    await page.waitForURL(/section=Wohnen/);
    assert.deepEqual(await page.locator("tr[data-doc]").evaluateAll((l) => l.map((tr) => tr.dataset.doc)), [doc]);
    await reach(page, `.chips[aria-label="Eingegrenzt auf"] a`); // the file
    await page.keyboard.press("Enter");
    await page.waitForURL((u) => !u.searchParams.has("file") && u.searchParams.has("section"));
    await reach(page, ".chip-on");
    await page.keyboard.press("Enter");
    await page.waitForURL((u) => u.search === "?q=heizkosten");
    assert.equal(await page.locator(".chip-on").count(), 0);
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  });

  test("a search is kept, used and removed by keyboard", async () => {
    const page = await visit(browser, at);
    await page.goto(at.url + "/search?q=heizkosten&sort=date");
    await reach(page, ".keep > summary");
    await page.keyboard.press("Enter");
    await reach(page, ".keep #name");
    assert.equal(await page.locator(".keep #name").inputValue(), "heizkosten");
    await page.keyboard.press("Control+A");
    await page.keyboard.type("Jeden Montag");
    await page.keyboard.press("Enter");
    await page.locator(".undo", { hasText: "Gemerkt als „Jeden Montag“" }).waitFor();
    await sound(page, "a search just kept");
    await page.goto(at.url + "/");
    await sound(page, "start with a kept search");
    await reach(page, ".saved a");
    await page.keyboard.press("Enter");
    await page.waitForURL((u) => u.search === "?q=heizkosten&sort=date");
    await page.goto(at.url + "/");
    await reach(page, ".saved summary");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    assert.match(await page.evaluate(() => document.activeElement.textContent), /Wirklich entfernen\s*Jeden Montag/);
    await page.keyboard.press("Enter");
    await page.locator(".undo", { hasText: "nicht mehr gemerkt" }).waitFor();
    assert.equal(await page.locator(".saved li").count(), 0);
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  });

  test("a query that can't be asked says why, and files found by name stay", async () => {
    const page = await visit(browser, at);
    const answer = await page.goto(at.url + "/search?q=" + encodeURIComponent('"Grünwiese'));
    assert.equal(answer.status(), 400);
    assert.match(await page.locator("#list .kern-alert").textContent(), /Ein Anführungszeichen fehlt/);
    assert.match(await page.locator("#list table").textContent(), /Grünwiese, Sabine/);
    await page.context().close();
  });

  for (const [lang, scheme] of [["de-DE", "light"], ["de-DE", "dark"], ["en-GB", "light"], ["en-GB", "dark"]]) {
    test(`accessible, and nothing hangs over the side: ${lang}, ${scheme}`, async () => {
      const page = await visit(browser, at, { locale: lang, colorScheme: scheme });
      for (const path of ["/search", "/search?q=gruenwise&type=heizkostenabrechnung&from=2020-01-01", "/search?q=nirgendwo&section=Wohnen&file=" + encodeURIComponent(number),
        "/search?q=heizkosten+ODER"]) {
        await page.goto(at.url + path);
        for (const box of await page.locator("main summary").all()) await box.click();
        await sound(page, `${path} (${lang}, ${scheme})`);
        await page.setViewportSize({ width: 360, height: 740 });
        await fits(page, `${path} at 360 px`);
        await page.setViewportSize({ width: 1600, height: 900 });
      }
      await page.context().close();
    });
  }
});
