// The pages in a real browser, as people use them.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { mailTests } from "./mail.mjs";
import { fits, found, launch, sound, visit } from "./pages.mjs";
import { serve } from "./server.mjs";

const number = "03104//0012345"; // the file that the demonstration shows

// The pages of single roles, each with somebody of the sample data who has it.
const roles = {
  "k.sommer": ["/upload", "/quarantine"],
  "e.tor": ["/", "/upload"],
  "c.klar": ["/", "/quarantine", "/throughput"],
  sdn: ["/", "/upload", "/quarantine", "/throughput"],
  "r.ordner": ["/"],
  "v.schutz": ["/", "/audit", "/audit?outcome=denied&group=all", "/audit?actor=k.sommer", "/audit?from=bald", "/admin/roles"],
  "q.pruefer": ["/", "/audit"],
  "n.schloss": ["/", "/admin/health", "/throughput?range=48h", "/admin/schedules", "/admin/users", "/admin/users?q=berg", "/admin/new-user", "/admin/roles", "/admin/sites", "/upload"],
};

describe("eAkte in the browser", { timeout: 900_000 }, () => {
  let at, browser, file, doc;

  before(async () => {
    at = await serve();
    browser = await launch();
    const page = await visit(browser, at);
    await found(page, at, `/search?q=heizkosten&type=heizkostenabrechnung&file=${encodeURIComponent(number)}`);
    const row = page.locator("tr[data-doc]", { hasText: number }).first();
    doc = await row.getAttribute("data-doc");
    file = new URL(await row.locator("td a").first().getAttribute("href"), at.url).pathname;
    await page.context().close();
  });
  after(async () => {
    await browser?.close();
    await at?.stop();
  });

  test("a call comes in: name, misspelled, to the file in two actions", async () => {
    const page = await visit(browser, at);
    assert.equal(await page.evaluate(() => document.activeElement.id), "q"); // nothing to click first
    await page.keyboard.type("gruenwise sabine");
    await page.keyboard.press("Enter");
    await page.waitForURL(/search/);
    assert.match(await page.evaluate(() => document.activeElement.textContent), /Grünwiese/);
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/files\//);
    assert.match(await page.locator("h1").textContent(), /Grünwiese, Sabine · 03104\/\/0012345/);
    assert.match(await page.locator("#pane").textContent(), /Zuständig/);
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  });

  test("search, open, read, next hit, by keyboard alone", async () => {
    const page = await visit(browser, at);
    await page.keyboard.type("heizkosten");
    await page.keyboard.press("Enter");
    await page.waitForURL(/search/);
    await page.locator("tr[data-doc]").first().waitFor();
    const list = await page.locator("#list").evaluate((e) => e.getBoundingClientRect().top);
    await page.keyboard.press("j");
    while (!(await page.evaluate(() => document.activeElement.closest("tr")?.dataset.doc))) await page.keyboard.press("j");
    const opened = await page.evaluate(() => document.activeElement.closest("tr").dataset.doc);
    await page.keyboard.press("Enter");
    await page.locator(`#pane[data-doc="${opened}"] .hit-here`).first().waitFor(); // at its first hit
    assert.equal(await page.locator("#list").evaluate((e) => e.getBoundingClientRect().top), list); // the list stays
    assert.equal(await page.locator("tr[aria-current]").getAttribute("data-doc"), opened);
    assert.match(page.url(), new RegExp("doc=" + opened));
    assert.match(await page.title(), /eAkte/);
    assert.equal(await page.locator("#pane .sheet svg").getAttribute("aria-hidden"), "true");

    const first = page.url();
    assert.match(first, /hit=1/);
    if (await page.locator("#v-nexthit[href]").count()) {
      await page.keyboard.press("n");
      await page.waitForFunction((b) => location.href !== b, first);
      await page.locator("#pane .hit-here").waitFor();
    }
    const here = page.url();
    await page.reload(); // every state is in the address
    await page.locator("#pane .hit-here").waitFor();
    assert.equal(page.url(), here);
    await page.goBack();
    await page.locator("tr[data-doc]").first().waitFor();
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  });

  test("the viewer's keys", async () => {
    const page = await visit(browser, at);
    await page.goto(`${at.url}/documents/${doc}?q=heizkosten`);
    const image = page.locator("#pane img");
    const pages = Number((await page.locator("#v-pages").textContent()).match(/\d+/)[0]);
    const small = await image.evaluate((i) => i.decode().then(() => i.naturalWidth));
    await page.keyboard.press("+");
    await page.waitForURL(/zoom=150/);
    assert.ok((await image.evaluate((i) => i.decode().then(() => i.naturalWidth))) > small, "magnifying loads the full image");
    await page.keyboard.press("-");
    await page.waitForURL((u) => !u.searchParams.has("zoom"));
    for (const turn of ["90", "180", "270", null]) {
      await page.keyboard.press("r");
      await page.waitForURL((u) => u.searchParams.get("turn") === turn);
    }
    if (pages > 1) {
      await page.keyboard.press("PageDown");
      await page.waitForURL(/page=2/);
      await page.keyboard.press("Home");
      await page.waitForURL(/page=1/);
      await page.keyboard.press("End");
      await page.waitForURL(new RegExp("page=" + pages));
      await page.keyboard.press("PageUp");
      await page.waitForURL(new RegExp("page=" + (pages - 1)));
    }
    await page.keyboard.press("t");
    await page.waitForURL(/view=text/);
    await page.locator(".mode-text .page-words").waitFor();
    assert.equal(await page.locator("#pane img").count(), 0);
    await page.keyboard.press("t");
    await page.waitForURL(/view=image/);
    await page.locator("#pane img").waitFor();
    await page.keyboard.press("g");
    assert.equal(await page.evaluate(() => document.activeElement.id), "v-page");
    await page.keyboard.type("1");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.activeElement.id === "pane"); // letters are keys again
    assert.match(page.url(), /page=1\b/);
    await page.keyboard.press("/");
    assert.equal(await page.evaluate(() => document.activeElement.id), "q");
    await page.keyboard.press("Escape");
    await page.keyboard.press("?");
    assert.equal(await page.locator("dialog#keys").evaluate((d) => d.open), true);
    await page.keyboard.press("Escape");
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  });

  test("hits over several pages: n goes on to the next page and N comes back", async () => {
    const page = await visit(browser, at);
    await page.goto(`${at.url}/documents/${doc}?q=heizkosten`);
    const total = Number((await page.locator("#v-hits").textContent()).match(/\d+/)[0]);
    const seen = new Set();
    for (let i = 0; i < total; i++) {
      const before = page.url();
      await page.keyboard.press("n");
      await page.waitForFunction((b) => location.href !== b, before);
      await page.locator(".hit-here").waitFor();
      seen.add(new URL(page.url()).search);
    }
    assert.equal(seen.size, total);
    const last = page.url();
    await page.keyboard.press("n");
    await page.waitForTimeout(200);
    assert.equal(page.url(), last);
    assert.ok(total > 1);
    await page.keyboard.press("N");
    await page.waitForFunction((b) => location.href !== b, last);
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  });

  test("upload shows its progress and gives a receipt", async () => {
    const page = await visit(browser, at);
    await page.goto(at.url + file + "/upload");
    await page.fill("#title", "Nachgereichter Brief");
    await page.setInputFiles("#document", [1, 2].map((n) => ({ name: `brief-${n}.png`, mimeType: "image/png", buffer: Buffer.from("kein Bild\0" + Math.random()) })));
    await page.locator("form[data-upload] button.kern-btn--primary").click();
    await page.locator("[data-receipts] tbody tr").nth(1).waitFor();
    assert.match(await page.locator("[data-receipts]").textContent(), /Aufgenommen.*sha256-[0-9a-f]{64}/s);
    assert.equal(await page.locator(".uploads li").count(), 0);
    await page.locator("[data-receipts] a").first().click();
    await page.waitForURL(/\/documents\//);
    for (let i = 0; i < 200 && !/nicht gelesen werden/.test(await page.locator("#pane").textContent()); i++) {
      await page.waitForTimeout(2000);
      await page.reload();
    }
    assert.match(await page.locator("#pane").textContent(), /Format wird nicht gelesen|beschädigt/); // a sentence, not a code
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  });

  mailTests(() => ({ at, browser, file }));

  test("separator sheets, by keyboard", async () => {
    const page = await visit(browser, at, { user: "sdn", colorScheme: "dark", viewport: { width: 360, height: 740 } });
    await page.goto(at.url + "/sheets");
    await page.locator("#number").focus();
    await page.keyboard.type(number);
    await page.keyboard.press("Enter");
    await page.locator(".separator-sheet text", { hasText: number }).waitFor();
    assert.equal(await page.locator(".separator-sheet").evaluate((s) => getComputedStyle(s.querySelector("text")).fill), "rgb(0, 0, 0)"); // black on white in the dark too
    for (const part of [".topbar", ".sheet-about", ".status"]) await sound(page, `/sheets ${part}`, part); // axe can't judge letters in a drawing
    await fits(page, "/sheets");
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  });

  test("suggestions, by keyboard", async () => {
    const page = await visit(browser, at);
    await page.keyboard.type("heizk");
    await page.locator("#suggestions li").first().waitFor();
    assert.equal(await page.locator("#q").getAttribute("aria-expanded"), "true");
    await sound(page, "suggestions", ".global"); // what lies below the list is hidden by it
    await page.keyboard.press("ArrowDown");
    assert.equal(await page.locator("#q").getAttribute("aria-activedescendant"), "suggestion-0");
    const word = (await page.locator("#suggestion-0").textContent()).trim();
    await page.keyboard.press("Enter");
    await page.waitForURL(/search/);
    assert.equal(new URL(page.url()).searchParams.get("q"), word);
    await page.context().close();
  });

  test("the splitter works by keyboard and stays", async () => {
    const page = await visit(browser, at);
    await page.goto(at.url + file);
    await page.locator("[data-splitter]").focus();
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowLeft");
    const width = await page.locator("#list").evaluate((e) => e.offsetWidth);
    await page.reload();
    assert.equal(await page.locator("#list").evaluate((e) => e.offsetWidth), width);
    await page.context().close();
  });

  test("single letters can be switched off", async () => {
    const page = await visit(browser, at);
    await page.goto(at.url + "/keys");
    await page.locator("main form button").click();
    await page.goto(at.url + file);
    await page.keyboard.press("j");
    assert.equal(await page.evaluate(() => document.activeElement.tagName), "BODY");
    await page.context().close();
  });

  test("without script: sign in, search, read", async () => {
    const page = await visit(browser, at, { javaScriptEnabled: false });
    await page.fill("#q", "heizkosten");
    await page.click(".global button");
    await page.locator("tr[data-doc] a[data-row]").first().click();
    await page.locator("#pane .hit-here").first().waitFor({ state: "attached" });
    assert.match(page.url(), /hit=1/);
    await page.locator("#v-larger").click();
    assert.match(page.url(), /zoom=150/);
    assert.equal(await page.locator("[data-splitter]").isVisible(), false);
    await page.context().close();
  });

  test("21 rows fit on 1600 × 900", async () => {
    const page = await visit(browser, at);
    await page.goto(at.url + file);
    const rows = page.locator("#list table").last().locator("tbody tr");
    const { height, room } = await rows.first().evaluate((tr) => ({ height: tr.getBoundingClientRect().height,
      room: document.querySelector(".status").getBoundingClientRect().top - tr.getBoundingClientRect().top }));
    assert.ok(height <= 28, `a row is ${height} px`);
    assert.ok(room / height >= 21, `${room / height} rows`);
    await page.context().close();
  });

  for (const [lang, scheme] of [["de-DE", "light"], ["de-DE", "dark"], ["en-GB", "light"], ["en-GB", "dark"]]) {
    test(`every page is accessible: ${lang}, ${scheme}`, async () => {
      const page = await visit(browser, at, { locale: lang, colorScheme: scheme });
      const paths = ["/", "/search", "/search?q=heizkosten", `/search?q=heizkosten&doc=${doc}&hit=1&type=heizkostenabrechnung`, "/search?q=%22", "/search?q=nirgendwo",
        "/files", "/files?q=Gr%C3%BCnwiese", "/files/new", file, `${file}?doc=${doc}`, file + "/upload", `/documents/${doc}`,
        `/documents/${doc}?view=both&q=heizkosten&hit=1`, `/documents/${doc}?view=text&q=heizkosten`, `/documents/${doc}/change`, "/keys", "/nowhere"];
      for (const path of paths) {
        await page.goto(at.url + path);
        await sound(page, `${path} (${lang}, ${scheme})`);
        await fits(page, path);
      }
      await page.goto(at.url + "/files"); // over a plain page: axe does not see that the dialog hides what is below
      await page.keyboard.press("?");
      await sound(page, "the keys dialog", "#keys");
      await page.keyboard.press("Escape");
      await page.locator("form.signout button").click();
      await page.waitForURL(/sign-in/);
      await sound(page, "sign-in");
      await page.context().close();
    });
  }

  for (const [lang, scheme] of [["de-DE", "light"], ["de-DE", "dark"], ["en-GB", "light"], ["en-GB", "dark"]]) {
    test(`the pages of every role are accessible: ${lang}, ${scheme}`, async () => {
      for (const [user, paths] of Object.entries(roles)) {
        const page = await visit(browser, at, { user, locale: lang, colorScheme: scheme });
        for (const path of paths) {
          await page.goto(at.url + path);
          await sound(page, `${path} of ${user} (${lang}, ${scheme})`);
          await fits(page, path);
        }
        for (const list of ["/admin/users", "/audit"]) { // and what the first row of a list leads to
          if (!paths.includes(list)) continue;
          await page.goto(at.url + list);
          if ((await page.locator("main a.row-link").count()) === 0) continue;
          await page.locator("main a.row-link").first().click();
          await page.waitForURL((u) => u.pathname.startsWith(list + "/"));
          await sound(page, `the first of ${list} (${lang}, ${scheme})`);
        }
        await page.context().close();
      }
    });
  }

  test("a scan operator hands in without a file, and sees why it could not be read", async () => {
    const page = await visit(browser, at, { user: "sdn" });
    await page.locator("main a[href='/upload']").click();
    await page.setInputFiles("#document", [1, 2, 3].map((n) => ({ name: `stapel-${n}.png`, mimeType: "image/png", buffer: Buffer.from("kein Bild\0" + Math.random()) })));
    await page.locator("form[data-upload] button.kern-btn--primary").click();
    await page.locator("[data-receipts] tbody tr").nth(2).waitFor();
    assert.equal(await page.locator(".uploads li").count(), 0);
    await page.locator("[data-receipts] tbody a").first().click();
    await page.waitForURL(/\/receipts\//);
    for (let i = 0; i < 200 && !(await page.locator("main .kern-alert--warning").count()); i++) {
      await page.waitForTimeout(2000);
      await page.reload();
    }
    assert.match(await page.locator("main").textContent(), /Format wird nicht gelesen|beschädigt/);
    await page.goto(at.url + "/quarantine");
    await sound(page, "the quarantine with rows");
    await page.locator("main form.one-button button").first().click();
    await page.waitForURL(/again=1/);
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  });

  test("an upload that breaks off can be sent again, and is one document", async () => {
    const page = await visit(browser, at);
    await page.goto(at.url + "/upload");
    let broken = 0;
    await page.route("**/upload", (route) => (route.request().method() === "POST" && broken++ === 0 ? route.abort() : route.continue()));
    await page.setInputFiles("#document", { name: "nochmal.png", mimeType: "image/png", buffer: Buffer.from("kein Bild\0" + Math.random()) });
    await page.locator("form[data-upload] button.kern-btn--primary").click();
    const again = page.getByRole("button", { name: /Noch einmal senden/ });
    await again.waitFor();
    await sound(page, "a broken upload", "main");
    await again.click();
    await page.locator("[data-receipts] tbody tr").first().waitFor();
    assert.match(await page.locator("[data-receipts]").textContent(), /nochmal\.png.*Aufgenommen/s);
    assert.equal(await page.locator(".uploads li").count(), 0);
    await page.context().close();
  });

  for (const [what, options] of [["320 px", { viewport: { width: 320, height: 640 } }],
    ["200 % zoom", { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 }], ["4K", { viewport: { width: 3840, height: 2160 } }]]) {
    test(`nothing hangs over the side at ${what}`, async () => {
      const page = await visit(browser, at, options);
      for (const path of ["/", "/search?q=heizkosten", `/search?q=heizkosten&doc=${doc}`, "/files?q=Gr%C3%BCnwiese", "/files/new", file, `${file}?doc=${doc}`,
        file + "/upload", `/documents/${doc}?q=heizkosten&zoom=150`, `/documents/${doc}?view=both`, "/keys"]) {
        await page.goto(at.url + path);
        await fits(page, `${path} at ${what}`);
      }
      await sound(page, `keys at ${what}`);
      await page.context().close();
      for (const [user, paths] of Object.entries(roles)) {
        const other = await visit(browser, at, { ...options, user });
        for (const path of paths) {
          await other.goto(at.url + path);
          await fits(other, `${path} of ${user} at ${what}`);
        }
        await other.context().close();
      }
    });
  }

  test("the switches: dark and English stay", async () => {
    const page = await visit(browser, at);
    await page.locator('button[name="theme"][value="dark"]').click();
    await page.locator('button[name="lang"][value="en"]').click();
    assert.equal(await page.evaluate(() => document.documentElement.lang + document.documentElement.dataset.kernTheme), "endark");
    const [ink, paper] = await page.evaluate(() => ["color", "backgroundColor"].map((p) => getComputedStyle(document.body)[p]));
    assert.notEqual(ink, paper);
    await sound(page, "start, dark by switch");
    await page.context().close();
  });
});
