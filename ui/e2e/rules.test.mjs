// Rules as data: a name changed in the form, tried on the day's post, put in
// force, and shown everywhere; the same without script.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fits, found, launch, sound, visit } from "./pages.mjs";
import { serve } from "./server.mjs";

let at, browser;

const shot = async (page, name) => process.env.EAKTE_SHOTS && page.screenshot({ path: `${process.env.EAKTE_SHOTS}/${name}.png`, fullPage: true });

before(async () => {
  at = await serve(6);
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await at?.stop();
});

// part opens a type of the form by its name.
const part = (page, name) => page.locator("details.rule-part", { has: page.locator(".rule-name", { hasText: name }) }).first();

test("a type gets another name: wrong first, tried, in force, on every page", async () => {
  const reads = await visit(browser, at, { user: "k.sommer" });
  await found(reads, at, "/search?q=Kontoauszug");
  const page = await visit(browser, at, { user: "n.schloss" });
  await page.goto(at.url + "/admin");
  await page.click("nav.tabs a[href='/rules']");
  await sound(page, "kinds of rules");
  await page.click("tr[data-rules=types] a");
  await page.click("text=Bearbeiten");
  const own = part(page, "Kontoauszug");
  await own.locator("summary").click();
  await own.locator("input[id$=-german]").fill("Bankauszug");
  await own.locator("textarea[id$=-headings]").fill("Kontoauszug = 8\nUmsätze ohne Punkte");
  await page.fill("#reason", "Im Haus heißt es Bankauszug");
  await page.press("#reason", "Enter");
  await page.waitForSelector("[aria-invalid=true]");
  assert.match(await page.locator(".kern-error").first().innerText(), /Zeile 2/);
  await sound(page, "a form with a mistake");
  await shot(page, "mistake");
  await page.locator("textarea[aria-invalid=true]").fill("Kontoauszug | Kontoauszüge = 8\nUmsätze = 6");
  await page.press("#reason", "Enter");
  await page.waitForSelector("text=Noch gilt die bisherige Version");
  await page.click("text=In Kraft setzen >> nth=0");
  await page.waitForSelector("text=noch nicht an wirklicher Post ausprobiert");
  for (let left = 120; left > 0; left--) { // of few letters nothing is told, and the demonstration is being read still
    await Promise.all([page.waitForResponse((r) => r.url().includes("done=tried")), page.click("text=An dieser Post ausprobieren")]);
    await page.waitForSelector("text=/Ausprobiert an der Post vom|zu wenig Post|noch keine Post/");
    if ((await page.locator("text=Ausprobiert an der Post vom").count()) > 0) break;
    await page.waitForTimeout(1000);
  }
  await page.waitForSelector("text=Ausprobiert an der Post vom");
  await sound(page, "a version that was tried");
  await shot(page, "tried");
  await page.click("button:has-text('In Kraft setzen')");
  await page.waitForSelector("text=Die nächste Entscheidung folgt dieser Version");
  const table = await page.request.get(at.url + "/rules/types/corrections.csv");
  assert.match(await table.text(), /^was,became,rules_version,documents,first,last/);
  assert.deepEqual(page.complaints.filter((c) => !/422/.test(c)), []);
  for (let left = 10; left > 0; left--) {
    await reads.goto(at.url + "/search?q=Kontoauszug");
    if ((await reads.locator("text=Bankauszug").count()) > 0) break;
    await reads.waitForTimeout(500);
  }
  assert.ok((await reads.locator("text=Bankauszug").count()) > 0, "the search still has the old name");
  await page.context().close();
  await reads.context().close();
});

test("rules of routing change their order by keyboard, without script, on a phone's width", async () => {
  const page = await visit(browser, at, { user: "n.schloss", javaScriptEnabled: false, viewport: { width: 320, height: 800 } });
  await page.goto(at.url + "/rules/routing/edit");
  await page.click("text=Regel hinzufügen");
  const last = page.locator("details.rule-part[id^=p]").last();
  await last.locator("input[id$=-name]").fill("Gericht zuerst");
  await last.locator("textarea[id$=-any]").fill("Sozialgericht");
  await last.locator("input[id$=-clearing]").check();
  await last.locator("button:has-text('nach oben')").focus();
  const n = await page.locator("details.rule-part .rule-name").count();
  await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
  assert.equal(await page.locator("details.rule-part .rule-name").nth(n - 2).innerText(), `${n - 1}. Gericht zuerst`);
  await fits(page, "the form at 320 px");
  await page.fill("#reason", "Post des Gerichts sieht ein Mensch");
  await page.press("#reason", "Enter");
  await page.waitForSelector("th:has-text('Gericht zuerst')");
  await page.click("text=An dieser Post ausprobieren");
  await page.waitForSelector("text=Was sich ändern würde");
  await fits(page, "a version at 320 px");
  await shot(page, "routing-320");
  await page.context().close();
});

for (const [lang, theme] of [["de", "light"], ["en", "dark"]]) {
  test(`how it looks in ${lang}, ${theme}`, async () => {
    const page = await visit(browser, at, { user: "n.schloss", locale: lang === "de" ? "de-DE" : "en-GB", colorScheme: theme, viewport: { width: 1280, height: 900 } });
    const pages = [["types", "/rules/types"], ["types-form", "/rules/types/edit"], ["routing-form", "/rules/routing/edit"]];
    if (lang === "de") pages.push(["kinds", "/rules"], ["routing", "/rules/routing"], ["mailroom", "/rules/mailroom"], ["mailroom-form", "/rules/mailroom/edit"]);
    for (const [name, path] of pages) {
      await page.goto(at.url + path);
      if (name.endsWith("s-form") || name === "routing-form") await page.locator("details.rule-part > summary").first().click();
      await sound(page, `${name}, ${lang} ${theme}`);
      await shot(page, `${name}-${lang}-${theme}`);
    }
    await page.context().close();
  });
}

test("who doesn't manage settings finds no rules", async () => {
  const page = await visit(browser, at, { user: "k.sommer" });
  const answer = await page.goto(at.url + "/rules");
  assert.equal(answer.status(), 403);
  await page.context().close();
});
