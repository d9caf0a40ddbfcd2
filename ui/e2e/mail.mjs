// A mail with attachments, marks and PDFs, as people see them. The tests run
// beside those of ui.test.mjs, on its server.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fits, sound, visit } from "./pages.mjs";

// house gives { at, browser, file }: what before() of the suite has made.
export function mailTests(house) {
  const rows = (page) => page.locator("#list tr[data-doc]").evaluateAll((all) => all.map((tr) => ({ id: tr.dataset.doc,
    below: !!tr.querySelector("th.below"), text: tr.innerText.replace(/\s+/g, " ") })));
  let mail, parts, signed, stack;

  // register opens the file and waits until all post of the sample has been read.
  async function register(options) {
    const { at, browser, file } = house();
    const page = await visit(browser, at, options);
    for (let left = 120; left > 0; left--) {
      await page.goto(at.url + file);
      const all = await rows(page);
      const first = all.findIndex((r) => r.text.includes("E-Mail: Unterlagen"));
      mail = all[first];
      parts = all.slice(first + 1).filter((r) => r.below).slice(0, 3);
      signed = all.find((r) => r.text.includes("Vollmacht, digital"));
      stack = all.find((r) => r.text.includes("beidseitig gescannt"));
      if (mail && signed && stack && parts.length === 3 && [mail, ...parts, signed, stack].every((r) => !/Eingegangen|Wird gelesen|Received|Being read/.test(r.text))) return page;
      await page.waitForTimeout(2000);
    }
    assert.fail("the sample's mail was not read");
  }

  test("a mail and its attachments, by keyboard alone", async () => {
    const page = await register();
    assert.deepEqual(parts.map((p) => p.text.match(/(\S+) Anlage (\d)/)?.slice(1).join(" ") ?? p.text), ["abrechnung.pdf 1", "zaehler.jpg 2", "vermieter.pdf 3"]);
    const focused = () => page.evaluate(() => document.activeElement.closest("tr")?.dataset.doc);
    while ((await focused()) !== mail.id) await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await page.locator(`#pane[data-doc="${mail.id}"]`).waitFor();
    const list = page.locator("#pane nav.parts li");
    assert.equal(await list.count(), 3);
    assert.match(await list.nth(0).innerText(), /abrechnung\.pdf\s+PDF, 2 Seiten/);
    assert.match(await list.nth(1).innerText(), /zaehler\.jpg\s+Foto \(JPEG\), 1 Seite/);
    assert.match(await list.nth(2).innerText(), /vermieter\.pdf\s+PDF, nicht lesbar: .*Kennwort/);
    for (const p of parts) { // on to each, in their order
      await page.keyboard.press(">");
      await page.locator(`#pane[data-doc="${p.id}"]`).waitFor();
      assert.equal(await page.locator("tr[aria-current]").getAttribute("data-doc"), p.id);
      assert.match(await page.locator("#pane nav.family").innerText(), /Anlage \d zu\s+E-Mail: Unterlagen/);
    }
    assert.match(await page.locator("#pane").innerText(), /konnte nicht gelesen werden.*Kennwort/s);
    for (const id of [parts[1].id, parts[0].id, mail.id]) { // and back to the mail
      await page.keyboard.press("<");
      await page.locator(`#pane[data-doc="${id}"]`).waitFor();
    }
    assert.equal(new URL(page.url()).searchParams.get("doc"), mail.id); // every state is in the address
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  });

  test("what is noteworthy stands in the viewer, and leads to the page", async () => {
    const page = await register();
    const { at, file } = house();
    await page.goto(`${at.url}${file}?doc=${signed.id}`);
    assert.match(signed.text, /signiert/);
    assert.match(await page.locator("#pane .notes").innerText(), /digitale Signatur.*nicht für die PDF\/A-Fassung/s);
    const original = await page.request.get(at.url + (await page.locator("#pane .notes a").getAttribute("href")));
    assert.match(await original.text(), /\/ByteRange\[/);
    await page.goto(`${at.url}${file}?doc=${stack.id}`);
    const strip = page.locator("#pane .strip a");
    assert.deepEqual(await strip.evaluateAll((all) => all.map((a) => a.innerText.replace(/^Seite|\s+/g, " ").trim())), ["1", "2 Leerseite", "3", "4 prüfen"]);
    await strip.nth(3).focus();
    await page.keyboard.press("Enter");
    await page.waitForURL(/page=4/);
    assert.match(await page.locator("#pane .page-note").innerText(), /schlecht lesbar/);
    assert.equal(await page.evaluate(() => document.activeElement.id), "s-4"); // focus comes back
    await strip.nth(2).click();
    await page.waitForURL(/page=3/);
    assert.match(await page.locator("#pane .page-note").innerText(), /gedreht/);
    await page.locator("#pane .notes button").click();
    await page.waitForURL(/again=1/);
    assert.match(await page.locator("#pane").innerText(), /wird noch einmal gelesen/);
    await page.locator("#pane img").waitFor(); // and stays to be read meanwhile
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  });

  test("PDFs: one letter, the ticked ones, the whole file", async () => {
    const page = await register();
    const { at, file } = house();
    for (const path of [`/documents/${mail.id}/pdf`, `/documents/${signed.id}/pdf`, `${file}/pdf`]) {
      const got = await page.request.get(at.url + path);
      assert.equal(got.status(), 200, path);
      assert.equal(got.headers()["content-type"], "application/pdf", path);
      assert.match(got.headers()["x-pdf-conformance"], /^PDF\/A-2[ub]$/, path);
      assert.equal((await got.body()).subarray(0, 5).toString(), "%PDF-", path);
    }
    const button = page.locator("form[data-picked] button");
    assert.ok(await button.isDisabled());
    const focused = () => page.evaluate(() => document.activeElement.closest("tr")?.dataset.doc);
    for (const id of [mail.id, parts[0].id]) {
      while ((await focused()) !== id) await page.keyboard.press("j");
      await page.keyboard.press("x");
    }
    assert.match(await button.innerText(), /Auswahl als PDF \(2\)/);
    const [download] = await Promise.all([page.waitForEvent("download"), button.press("Enter")]);
    assert.match(download.suggestedFilename(), /\.pdf$/);
    assert.equal(readFileSync(await download.path()).subarray(0, 5).toString(), "%PDF-");
    await page.locator(`tr[data-doc="${mail.id}"] [data-row]`).focus();
    await page.keyboard.press("x"); // and off again
    assert.match(await button.innerText(), /\(1\)/);
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  });

  for (const options of [{}, { locale: "en-GB", colorScheme: "dark" }]) {
    const how = JSON.stringify(options);
    test(`mail, marks and register are accessible: ${how}`, async () => {
      const page = await register(options);
      const { at, file } = house();
      await sound(page, `register ${how}`);
      for (const path of [`${file}?picked=none`, `${file}?doc=${mail.id}`, `${file}?doc=${parts[2].id}`, `${file}?doc=${signed.id}`, `/documents/${stack.id}?page=4`]) {
        await page.goto(at.url + path);
        await sound(page, `${path} ${how}`, path.includes("doc=") ? "#pane" : "html");
      }
      await page.context().close();
    });
  }

  test("mail, marks and register fit on a telephone", async () => {
    const page = await register({ viewport: { width: 360, height: 740 } });
    const { at, file } = house();
    for (const path of [`${file}?picked=none`, ...[mail, parts[2], signed, stack].map((r) => `${file}?doc=${r.id}`)]) {
      await page.goto(at.url + path);
      await fits(page, path);
    }
    await page.context().close();
  });
}
