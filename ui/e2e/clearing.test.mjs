// Clearing by keyboard alone: see the reasons, accept with one key, take it back,
// and put a document into another file.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fits, launch, sound, visit } from "./pages.mjs";
import { serve } from "./server.mjs";

let at, browser, number;

// shot keeps a picture where EAKTE_SHOTS says so.
const shot = async (page, name) => process.env.EAKTE_SHOTS && page.screenshot({ path: `${process.env.EAKTE_SHOTS}/${name}.png` });

// handIn lets the scan office hand letters in that name nobody.
async function handIn() {
  const page = await visit(browser, at, { user: "sdn" });
  for (const n of [1, 2]) {
    await page.goto(at.url + "/upload");
    await page.setInputFiles("#document", { name: `brief-${n}.txt`, mimeType: "text/plain", buffer: Buffer.from(`Sehr geehrte Damen und Herren, anbei Nachweis ${n}.`) });
    await page.locator("form[data-upload] .actions button").first().click();
    await page.waitForSelector("[data-receipts] tbody tr");
  }
  await page.context().close();
}

// someFile is the number of a file that clearing may file into.
async function someFile(page) {
  await page.goto(at.url + "/files?q=03104");
  const text = await page.locator("main").innerText();
  return text.match(/\d{5}\/\/\d{7}/)[0];
}

// waiting opens clearing once its letters have been read.
async function waiting(page) {
  for (let i = 0; i < 120; i++) {
    await page.goto(at.url + "/clearing?order=newest");
    const rows = page.locator("tr[data-doc]", { hasText: "brief-" });
    if ((await rows.count()) >= 2 && (await rows.locator(".kern-badge").count()) === 0) return rows;
    await new Promise((r) => setTimeout(r, 500));
  }
  throw new Error("the letters do not come to clearing");
}

before(async () => {
  at = await serve(12);
  browser = await launch();
  await handIn();
});

after(async () => {
  await browser?.close();
  await at?.stop();
});

test("a letter is matched and taken back without a mouse", async () => {
  const page = await visit(browser, at, { user: "c.klar" });
  number = await someFile(page);
  await waiting(page);
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.waitForSelector(".clearing-pane");
  assert.match(await page.locator(".decide").innerText(), /\S/);
  await sound(page, "clearing");
  await shot(page, "clearing");
  const doc = new URL(page.url()).searchParams.get("doc");
  await page.keyboard.press("a");
  await page.keyboard.type(number);
  await page.keyboard.press("Enter");
  await page.waitForSelector("#c-1");
  assert.match(await page.locator("#c-1").innerText(), new RegExp(number));
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press("1");
  await page.waitForSelector("form[data-undo]");
  assert.notEqual(new URL(page.url()).searchParams.get("doc"), doc, "the next one is open");
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press("u");
  await page.waitForURL((u) => u.searchParams.get("doc") === doc);
  assert.equal(await page.locator(`tr[data-doc="${doc}"]`).count(), 1, "it waits again");
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test("a document goes into another file and leaves a note without a word about it", async () => {
  const page = await visit(browser, at, { user: "b.berg" });
  const link = page.locator("td a[href^='/files/']").first();
  let numbers = new Set();
  for (let tries = 0; numbers.size < 2 && tries < 120; tries++) { // letters of two files have been read
    if (tries) await page.waitForTimeout(500);
    await page.goto(at.url + "/search?q=Bescheid");
    numbers = new Set((await page.locator("main").innerText()).match(/\d{5}\/\/\d{7}/g));
  }
  const file = (await link.getAttribute("href")).split("?")[0];
  await page.goto(at.url + file);
  numbers.delete((await page.locator(".file-head h1").innerText()).match(/\d{5}\/\/\d{7}/)[0]);
  const others = [...numbers];
  await page.keyboard.press("Enter"); // the first row has the focus, or is opened by its link
  if (!new URL(page.url()).searchParams.get("doc")) await page.locator("[data-row]").first().click();
  await page.waitForSelector("#v-refile");
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press("a");
  await page.waitForSelector("#find");
  await page.keyboard.type(others[0]);
  await page.keyboard.press("Enter");
  await page.waitForSelector("#c-1");
  await sound(page, "refile");
  await page.focus("#c-1");
  await page.keyboard.press("Enter");
  await page.waitForSelector("form[data-undo]");
  const note = await page.locator(".traces").innerText();
  assert.match(note, /entnommen/);
  assert.ok(!note.includes(others[0]), "the note names the other file");
  await sound(page, "traces");
  await shot(page, "traces");
  await page.locator(".traces a").first().click();
  await page.waitForSelector("h1");
  await sound(page, "who saw it");
  await page.goBack();
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test("clearing fits a narrow screen", async () => {
  const page = await visit(browser, at, { user: "c.klar", locale: "en-GB", colorScheme: "dark", viewport: { width: 320, height: 700 } });
  const rows = await waiting(page);
  await fits(page, "clearing list");
  await rows.first().locator("[data-row]").click();
  await page.waitForSelector(".clearing-pane");
  await fits(page, "clearing pane");
  await page.context().close();
});
