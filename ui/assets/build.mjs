// Bundles style, scripts, fonts and icon into dist/, with hashed names, a
// manifest for the Go side, and the budgets of the user interface.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { gzipSync } from "node:zlib";

const out = "dist";
for (const f of readdirSync(out)) if (f !== "README") rmSync(`${out}/${f}`, { recursive: true });

const result = await build({
  entryPoints: { app: "src/main.js", style: "src/app.css" },
  outdir: out,
  bundle: true,
  minify: true,
  format: "iife",
  target: ["chrome111", "firefox115", "safari16.4"],
  loader: { ".woff2": "file" },
  entryNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  legalComments: "linked",
  metafile: true,
  logLevel: "warning",
});

const names = {};
for (const [file, meta] of Object.entries(result.metafile.outputs)) {
  if (meta.entryPoint === "src/main.js") names["app.js"] = basename(file);
  if (meta.entryPoint === "src/app.css") names["app.css"] = basename(file);
}
const icon = readFileSync("src/icon.svg");
names["icon.svg"] = `icon-${createHash("sha256").update(icon).digest("hex").slice(0, 8).toUpperCase()}.svg`;
writeFileSync(`${out}/${names["icon.svg"]}`, icon);
writeFileSync(`${out}/manifest.json`, JSON.stringify(names, null, 2) + "\n");

// Own script counts without htmx, as the budget means it.
const own = await build({ entryPoints: ["src/main.js"], bundle: true, minify: true, write: false, external: ["htmx.org/*"], format: "esm" });
const budget = [
  ["style sheet", gzipSync(readFileSync(`${out}/${names["app.css"]}`), { level: 9 }).length, 60 << 10],
  ["own script", gzipSync(own.outputFiles[0].contents, { level: 9 }).length, 40 << 10],
  ["fonts", readdirSync(out).filter((f) => f.endsWith(".woff2")).length, 3],
];
for (const [what, is, most] of budget) {
  console.log(`${what}: ${is} of ${most}`);
  if (is > most) {
    console.error(`${what} is over its budget`);
    process.exitCode = 1;
  }
}
