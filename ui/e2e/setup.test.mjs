// The first setup in a real browser: from an empty folder, by keyboard, to the
// first scan that is found; on the embedded store, and on MinIO where the
// environment names its program (MINIO). SHOTS names a folder for pictures.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fits, launch, sound } from "./pages.mjs";
import { bare, minio } from "./setup.server.mjs";

const looks = [["de", "light"], ["de", "dark"], ["en", "light"], ["en", "dark"]];
const shots = process.env.SHOTS;
if (shots) mkdirSync(shots, { recursive: true });

async function open(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: "de-DE", colorScheme: "light", ...options });
  const page = await context.newPage();
  page.complaints = [];
  page.on("console", (m) => m.type() === "error" && !/status of 4\d\d/.test(m.text()) && page.complaints.push(m.text()));
  page.on("pageerror", (e) => page.complaints.push(e.message));
  return page;
}

const here = (page) => page.evaluate(() => document.activeElement.id);

// to moves the focus by Tab, as a person without a mouse does.
async function to(page, id) {
  for (let i = 0; i < 200 && (await here(page)) !== id; i++) await page.keyboard.press("Tab");
  assert.equal(await here(page), id, `Tab does not reach ${id}`);
}

// focused waits until the page has put the focus into its first field.
const focused = (page) => page.waitForFunction(() => document.activeElement.tagName === "INPUT");

async function type(page, fields) {
  for (const [id, text] of Object.entries(fields)) {
    await to(page, id);
    await page.keyboard.press("Control+a");
    await page.keyboard.type(text);
  }
}

// choose sets a select by typing the begin of its text.
async function choose(page, id, text) {
  await to(page, id);
  await page.keyboard.type(text);
  assert.match(await page.evaluate(() => document.activeElement.selectedOptions[0].textContent), new RegExp("^" + text));
}

async function enter(page, step) {
  await Promise.all([page.waitForURL(new RegExp(`/setup/${step}`)), page.keyboard.press("Enter")]);
}

// look opens the same page in both languages, light and dark: nothing that axe
// finds, nothing over the side, also on a narrow screen.
async function look(browser, page, name) {
  const state = await page.context().storageState();
  const path = page.url();
  for (const [lang, scheme] of looks) {
    const cookies = state.cookies.filter((c) => c.name !== "eakte_lang");
    cookies.push({ name: "eakte_lang", value: lang, domain: "127.0.0.1", path: "/", expires: -1, httpOnly: true, secure: false, sameSite: "Lax" });
    const other = await open(browser, { colorScheme: scheme, storageState: { ...state, cookies } });
    await other.goto(path);
    await sound(other, `${name} (${lang}, ${scheme})`);
    await fits(other, name);
    if (shots) await other.screenshot({ path: join(shots, `${name}-${lang}-${scheme}.png`), fullPage: true });
    await other.setViewportSize({ width: 320, height: 640 });
    await fits(other, `${name} at 320 px`);
    assert.deepEqual(other.complaints, []);
    await other.context().close();
  }
}

// picture is what stands there now, for pages that can't be opened twice.
async function picture(page, name) {
  await sound(page, name);
  await fits(page, name);
  if (shots) await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
}

// letter is a scanned page: a letter drawn by the browser itself.
async function letter(browser) {
  const page = await open(browser, { viewport: { width: 827, height: 1169 }, deviceScaleFactor: 2 });
  await page.setContent(`<body style="font: 17px/1.5 serif; margin: 90px; background: white; color: black">
    <p>Stadtwerke Neustadt · Postfach 12 · 17033 Neustadt</p><p>Frau Sabine Grünwiese<br>Lindenweg 4<br>17033 Neustadt</p>
    <h1 style="font-size: 22px">Heizkostenabrechnung</h1><p>Sehr geehrte Frau Grünwiese,</p>
    <p>für das vergangene Jahr haben wir die Kosten der Fernwärme berechnet. Bitte überweisen Sie den Betrag von
    84,20 Euro auf unser Konto. Die Abrechnung liegt diesem Schreiben bei.</p><p>Mit freundlichen Grüßen<br>Ihre Stadtwerke</p></body>`);
  const image = await page.screenshot({ type: "png" });
  await page.context().close();
  return image;
}

// begin enters the token, the name and the administrator.
async function begin(page, at) {
  await page.goto(at.url + "/files"); // every address leads to the setup
  await page.waitForURL(at.url + "/setup");
  await focused(page);
  await page.keyboard.type(at.token.toLowerCase());
  await enter(page, "name");
  await focused(page);
  await page.keyboard.type("Jobcenter Musterkreis");
  assert.equal(await page.evaluate(() => document.activeElement.value), "Jobcenter Musterkreis");
  await enter(page, "administrator");
  await type(page, { name: "a.admin", display: "Anna Admin", password: "ein langes Wort", repeat: "ein langes Wort" });
  await enter(page, "store");
}

// people enters a site with a team, two caseworkers by hand and one by a list.
async function people(page) {
  await type(page, { "sites[0].code": "03104", "sites[0].name": "Neustadt", "sites[0].postcodes": "17033, 17034", "sites[0].teams[0].code": "L1",
    "sites[0].teams[0].name": "Leistung 1", "sites[0].teams[0].first_letters": "A-K" });
  await enter(page, "users");
  await type(page, { name: "k.sommer", display: "Katrin Sommer" });
  await choose(page, "roles[0].role", "Sach");
  await to(page, "password");
  await page.keyboard.press("Enter");
  await page.locator("tbody tr", { hasText: "k.sommer" }).waitFor();
  await page.locator("summary", { hasText: "CSV" }).focus();
  await page.keyboard.press("Enter");
  await to(page, "table");
  await page.keyboard.insertText("name;display;roles\ns.scan;Scanstelle Süd;scan@03104\nv.schutz;Vera Schutz;dpo@*");
  await page.locator("button", { hasText: "Liste übernehmen" }).focus();
  await page.keyboard.press("Enter");
  await page.locator("tbody tr", { hasText: "v.schutz" }).waitFor();
}

// next presses the step's last button.
async function next(page, step) {
  await page.locator("main form .actions button[value=next]").focus();
  await enter(page, step);
}

// passwords makes the list and gives one of it.
async function passwords(page, name) {
  await page.locator("button[name=as][value=page]").focus();
  await page.keyboard.press("Enter");
  const row = page.locator("tr", { hasText: name });
  await row.waitFor();
  await picture(page, "passwords");
  const word = await row.locator("code").textContent();
  await page.goBack();
  await page.locator("form[action='/setup/finish'] button").waitFor();
  return word;
}

async function finish(page, at) {
  await page.locator("form[action='/setup/finish'] button").focus();
  await Promise.all([page.waitForURL(at.url + "/sign-in?setup=done"), page.keyboard.press("Enter")]);
  assert.match(await page.locator("main").textContent(), /Die eAkte ist eingerichtet/);
}

async function signIn(page, at, name, password) {
  await page.goto(at.url + "/sign-in");
  await type(page, { name, password });
  await Promise.all([page.waitForURL(at.url + "/"), page.keyboard.press("Enter")]);
}

// firstScan makes a file, hands the letter in and waits until its words are found.
async function firstScan(browser, page, at, password) {
  await signIn(page, at, "k.sommer", password);
  await page.goto(at.url + "/files/new");
  await page.fill("#number", "03104//0012345");
  await page.fill("#name", "Grünwiese");
  await page.fill("#first_name", "Sabine");
  await page.fill("#birth_date", "17.6.1984");
  await page.locator("form[action='/files/new'] button.kern-btn--primary").click();
  await page.waitForURL(/\/files\/[0-9a-f]{32}/);
  await page.goto(page.url() + "/upload");
  await page.setInputFiles("#document", { name: "scan.png", mimeType: "image/png", buffer: await letter(browser) });
  await page.locator("form[data-upload] button.kern-btn--primary").click();
  await page.locator("[data-receipts] tbody tr").first().waitFor();
  for (let left = 60; left > 0; left--) {
    await page.goto(at.url + "/search?q=fernw%C3%A4rme");
    if ((await page.locator("tr[data-doc]").count()) > 0) return;
    await page.waitForTimeout(2000);
  }
  assert.fail("the first scan was not found");
}

describe("the first setup", { timeout: 600_000 }, () => {
  let browser;
  before(async () => { browser = await launch(); });
  after(() => browser?.close());

  test("from an empty folder to the first scan found, on the embedded store", async (t) => {
    const at = await bare();
    t.after(at.stop);
    const page = await open(browser);
    await page.goto(at.url + "/");
    await look(browser, page, "01-token");
    await focused(page);
    await page.keyboard.type("AAAA-BBBB-CCCC-DDDD");
    await page.keyboard.press("Enter");
    await page.locator("[role=alert]").waitFor();
    await picture(page, "01-token-wrong");
    await begin(page, at);

    const second = await open(browser); // the token opens one browser only
    await second.goto(at.url + "/setup");
    await focused(second);
    await second.keyboard.type(at.token);
    await second.keyboard.press("Enter");
    await second.locator("[role=alert]").waitFor();
    assert.match(await second.locator("[role=alert]").textContent(), /anderen Browser/);
    await second.context().close();

    for (const [step, name] of [["name", "02-name"], ["administrator", "03-administrator"], ["store", "04-store"]]) {
      await page.goto(`${at.url}/setup/${step}`);
      await look(browser, page, name);
    }
    await to(page, "kind-embedded");
    await page.keyboard.press("ArrowDown"); // S3, at an address that no test may reach
    await type(page, { endpoint: "http://169.254.169.254", access_key: "a", secret_key: "b" });
    await page.keyboard.press("Enter");
    await page.locator("[role=alert]").waitFor();
    assert.match(await page.locator("[role=alert]").textContent(), /keine Verbindung/);
    await picture(page, "04-store-s3-refused");
    await to(page, "kind-s3");
    await page.keyboard.press("ArrowUp");
    await enter(page, "search");
    await look(browser, page, "05-search");
    await to(page, "kind-embedded");
    await enter(page, "sites");
    await look(browser, page, "06-sites");
    await to(page, "sites[0].code");
    await page.keyboard.press("Enter");
    await page.locator("[aria-invalid]").first().waitFor();
    await picture(page, "06-sites-problems");
    await people(page);
    await look(browser, page, "07-users");
    await page.locator("#table").evaluate((e) => { e.closest("details").open = true; });
    await page.locator("#table").fill("name;display;roles\nÄ;Falsch;caseworker@03104/L1\nx.y;Gut;pilot@03104");
    await page.locator("button", { hasText: "Liste übernehmen" }).click();
    await page.locator("[role=alert]").waitFor();
    assert.match(await page.locator("[role=alert]").textContent(), /Zeile 2.*Zeile 3/s);
    await picture(page, "07-users-wrong-lines");
    await next(page, "retention");
    await look(browser, page, "08-retention");
    await next(page, "folder");
    await look(browser, page, "09-folder");
    await next(page, "recovery");
    await look(browser, page, "10-recovery");
    await next(page, "summary");
    await look(browser, page, "11-summary");
    const password = await passwords(page, "k.sommer");
    await finish(page, at);
    await look(browser, page, "12-signin");
    await firstScan(browser, page, at, password);
    assert.deepEqual(page.complaints, []);
    await page.context().close();

    const admin = await open(browser);
    await signIn(admin, at, "a.admin", "ein langes Wort");
    await admin.context().close();
  });

  test("the same on MinIO", { skip: process.env.MINIO || process.env.CI === "true" ? false : "MINIO names no minio program" }, async (t) => {
    const store = await minio(process.env.MINIO ?? "minio");
    t.after(store.stop);
    const at = await bare();
    t.after(at.stop);
    const page = await open(browser);
    await begin(page, at);
    await to(page, "kind-embedded");
    await page.keyboard.press("ArrowDown");
    await type(page, { endpoint: store.url, access_key: store.user, secret_key: "wrong" });
    await page.keyboard.press("Enter");
    await page.locator("[role=alert]").waitFor();
    assert.match(await page.locator("[role=alert]").textContent(), /kennt diesen Schlüssel nicht/);
    await type(page, { secret_key: store.password });
    await enter(page, "search");
    assert.match(await page.locator("main").textContent(), /Der S3-Speicher ist in Ordnung/);
    await picture(page, "05-search-after-s3");
    await to(page, "kind-embedded");
    await enter(page, "sites");
    await people(page);
    for (const step of ["retention", "folder", "recovery", "summary"]) await next(page, step);
    await picture(page, "11-summary-s3");
    const password = await passwords(page, "k.sommer");
    await finish(page, at);
    await firstScan(browser, page, at, password);
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  });
});
