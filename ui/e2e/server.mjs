// The appliance under test: the one at EAKTE_URL (with EAKTE_PASSWORD), or a
// demonstration of its own, started from EAKTE_BIN and ended by its pid.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const bin = process.env.EAKTE_BIN ?? new URL("../../bin/eakte", import.meta.url).pathname;

export async function serve(files = 40) {
  if (process.env.EAKTE_URL) return { url: process.env.EAKTE_URL, password: process.env.EAKTE_PASSWORD, stop: async () => {} };
  const dir = mkdtempSync(join(tmpdir(), "eakte-e2e-"));
  const child = spawn(bin, ["demo", "--data", join(dir, "data"), "--listen", "127.0.0.1:0", "--files", String(files)], { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  const ended = new Promise((done) => child.on("exit", done));
  const ready = new Promise((done, failed) => {
    for (const out of [child.stdout, child.stderr]) {
      out.on("data", (b) => {
        said += b;
        const url = said.match(/answers on (http:\/\/\S+)/);
        const password = said.match(/with the password (\S+)/);
        if (url && password) done({ url: url[1], password: password[1] });
      });
    }
    child.on("exit", (code) => failed(new Error(`the server ended with ${code}:\n${said}`)));
  });
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
    rmSync(dir, { recursive: true, force: true });
  };
  return { ...(await ready), stop };
}
