// Legal holds through the pages, by who may place and lift them, with and
// without script.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fits, found, launch, sound, visit } from "./pages.mjs";
import { serve } from "./server.mjs";

let at, browser, file, letter;

// shot keeps a picture where EAKTE_SHOTS says so.
const shot = async (page, name) => process.env.EAKTE_SHOTS && page.screenshot({ path: `${process.env.EAKTE_SHOTS}/${name}.png`, fullPage: true });

// open signs somebody in; the file is the first with a decision that they find.
async function open(options) {
  const page = await visit(browser, at, options);
  if (!file) {
    await found(page, at, "/search?q=Bescheid");
    file = await page.locator("td a[href^='/files/']").first().getAttribute("href");
  }
  return page;
}

before(async () => {
  at = await serve(12);
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await at?.stop();
});

test("the team lead holds a file and a letter, and lifts one, by keyboard", async () => {
  const page = await open({ user: "b.berg" });
  await page.goto(at.url + file);
  await page.click("text=Aufbewahrungssperren ansehen und ändern");
  await sound(page, "holds, none");
  await shot(page, "none");
  await page.selectOption("#kind", "litigation");
  await page.fill("#reason", "S 11 AS 409/26");
  await page.press("#reason", "Enter");
  await page.waitForSelector("section.hold");
  await page.selectOption("#document", { index: 1 });
  await page.selectOption("#kind", "audit");
  await page.fill("#reason", "Prüfung durch den Rechnungshof");
  await page.press("#reason", "Enter");
  await page.waitForSelector("text=Einzeln gesperrte Schreiben");
  assert.equal(await page.locator("section.hold").count(), 1);
  await sound(page, "holds of the file");
  await page.click(".plain-list a[href^='/documents/']");
  assert.equal(await page.locator("section.hold").count(), 2);
  letter = page.url().split("/")[4];
  await sound(page, "holds of the letter");
  await page.focus("section.hold summary");
  await page.keyboard.press("Enter");
  await page.fill("section.hold input[name=reason]", "Prüfung beendet");
  await page.keyboard.press("Enter");
  await page.waitForSelector("text=Aufgehobene Sperren");
  assert.equal(await page.locator("section.hold").count(), 1);
  await shot(page, "letter");
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

for (const [lang, theme] of [["de", "light"], ["en", "dark"]]) {
  test(`what stands is seen on every page, as it looks in ${lang}, ${theme}`, async () => {
    const page = await open({ user: "b.berg", locale: lang === "de" ? "de-DE" : "en-GB", colorScheme: theme, viewport: { width: 1280, height: 900 } });
    for (const [name, path] of [["file", file], ["letter", "/documents/" + letter], ["holds", file + "/holds"]]) {
      await page.goto(at.url + path);
      assert.ok(await page.locator(".kern-badge--warning").first().isVisible(), `no mark on ${name}`);
      if (name === "holds") await page.click("summary");
      await sound(page, `${name}, ${lang} ${theme}`);
      await shot(page, `${name}-${lang}-${theme}`);
    }
    await page.context().close();
  });
}

test("who may not change holds sees them; without script and on a phone's width all of it works", async () => {
  const looks = await open({ user: "r.ordner", viewport: { width: 360, height: 800 }, javaScriptEnabled: false });
  await looks.goto(at.url + file + "/holds"); // records: titles, not contents
  await looks.click("summary");
  await looks.fill("section.hold input[name=reason]", "Urteil rechtskräftig");
  await looks.click("text=Sperre aufheben");
  assert.equal(await looks.locator("section.hold").count(), 0);
  await looks.context().close();
  const page = await open({ user: "k.sommer", viewport: { width: 360, height: 800 } });
  await page.goto(at.url + file + "/holds");
  assert.equal(await page.locator("main form").count(), 0);
  await fits(page, "holds at 360 px");
  await sound(page, "holds at 360 px");
  await shot(page, "look-360");
  await page.context().close();
});
