// What every browser test needs: a browser, somebody signed in, and the rules
// that hold for each page.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export function launch() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
}

// visit opens a page of its own; what the console complains about fails the test.
export async function visit(browser, at, { user = "k.sommer", ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1600, height: 900 }, locale: "de-DE", colorScheme: "light", ...options });
  const page = await context.newPage();
  page.complaints = [];
  page.on("console", (m) => m.type() === "error" && page.complaints.push(m.text()));
  page.on("pageerror", (e) => page.complaints.push(e.message));
  await page.goto(at.url + "/sign-in");
  await page.fill("#name", user);
  await page.fill("#password", at.password);
  await page.press("#password", "Enter");
  await page.waitForURL(at.url + "/");
  return page;
}

// found waits until the sample letters have been read.
export async function found(page, at, path, seconds = 240) {
  for (let left = seconds; left > 0; left -= 2) {
    await page.goto(at.url + path);
    if ((await page.locator("tr[data-doc]").count()) > 0) return;
    await page.waitForTimeout(2000);
  }
  assert.fail(`nothing found at ${path} after ${seconds} s`);
}

// sound runs axe: no violation, and no contrast that axe could not judge
// (text that can't be seen stands there and not among the violations).
export async function sound(page, where, part = "html") {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe);
  const result = await page.evaluate((part) => window.axe.run(part, { resultTypes: ["violations", "incomplete"],
    runOnly: { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] } }), part);
  const say = (list) => list.map((v) => `${v.id}: ${v.nodes.map((n) => `${n.target.join(" ")} ${n.any[0]?.message ?? ""}`).join("\n    ")}`);
  assert.deepEqual(say(result.violations), [], `violations on ${where}`);
  assert.deepEqual(say(result.incomplete.filter((v) => v.id === "color-contrast")), [], `contrast that axe can't judge on ${where}`);
}

// fits says that nothing hangs over the side.
export async function fits(page, where) {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(over, 0, `${where} is ${over} px too wide`);
}
