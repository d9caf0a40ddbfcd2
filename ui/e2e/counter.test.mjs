// The counter: who stands there, what they hand in, the receipt to print; with
// and without script, for who may file and who may not.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fits, found, launch, sound, visit } from "./pages.mjs";
import { serve } from "./server.mjs";

let at, browser, number;

const shot = async (page, name) => process.env.EAKTE_SHOTS && page.screenshot({ path: `${process.env.EAKTE_SHOTS}/${name}.png`, fullPage: true });

before(async () => {
  at = await serve(6);
  browser = await launch();
  const page = await visit(browser, at, {});
  await found(page, at, "/search?q=Bescheid");
  number = await page.locator("td a[href^='/files/']").first().textContent();
  await page.context().close();
});

after(async () => {
  await browser?.close();
  await at?.stop();
});

for (const [user, options] of [
  ["e.tor", {}],
  ["k.sommer", { locale: "en-GB", colorScheme: "dark" }],
  ["e.tor", { javaScriptEnabled: false, viewport: { width: 320, height: 700 } }],
]) {
  test(`${user} takes something in over the counter, ${JSON.stringify(options)}`, async () => {
    const page = await visit(browser, at, { user, ...options });
    const script = options.javaScriptEnabled !== false;
    const name = `${user}-${script ? "script" : "plain"}`;
    const look = async (what) => {
      if (script) await sound(page, what);
      if (script) await fits(page, what);
      await shot(page, `${name}-${what}`);
    };
    await page.click("nav a[href='/counter']");
    await look("search");
    await page.fill("#counter-q", number.trim());
    await page.press("#counter-q", "Enter");
    await look("found");
    await page.click("a[href^='/counter?file=']");
    await look("form");
    await page.setInputFiles("#document", [{ name: "Mietvertrag.png", mimeType: "image/png", buffer: picture(user + name) }]);
    await page.click("main form[method=post] button");
    await page.waitForURL("**/counter/receipt?*");
    const text = await page.locator("main").innerText();
    assert.match(text, /Mietvertrag\.png/);
    assert.match(text, /sha256-[0-9a-f]{64}/);
    assert.match(text, /(Seiten|Pages)\s+1\b/);
    await look("receipt");
    const pdf = await page.request.get(at.url + (await page.locator("main .actions a").first().getAttribute("href")));
    assert.equal(pdf.headers()["content-type"], "application/pdf");
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  });
}

// picture is a small picture that is like no other: what stands behind its end
// is carried along.
function picture(seed) {
  const png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAG7buVgAAAABJRU5ErkJggg==";
  return Buffer.concat([Buffer.from(png, "base64"), Buffer.from(seed)]);
}
