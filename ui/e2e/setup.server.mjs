// An appliance that is not set up yet, from an empty folder, and a real MinIO
// where the environment names the program (MINIO). Both are ended by their pid.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const bin = process.env.EAKTE_BIN ?? new URL("../../bin/eakte", import.meta.url).pathname;

// bare starts eakte on an empty folder and gives address and token.
export async function bare() {
  const dir = mkdtempSync(join(tmpdir(), "eakte-setup-"));
  const child = spawn(bin, ["serve", "--data", join(dir, "data"), "--listen", "127.0.0.1:0"], { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  const ended = new Promise((done) => child.on("exit", done));
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
    rmSync(dir, { recursive: true, force: true });
  };
  return new Promise((done, failed) => {
    for (const out of [child.stdout, child.stderr]) {
      out.on("data", (b) => {
        said += b;
        const found = said.match(/Open (http:\/\/\S+)\/setup and enter this one-time token: (\S+)/);
        if (found) done({ url: found[1], token: found[2], stop, said: () => said });
      });
    }
    child.on("exit", (code) => failed(new Error(`the server ended with ${code}:\n${said}`)));
  });
}

async function freePort() {
  const probe = createServer();
  await new Promise((done) => probe.listen(0, "127.0.0.1", done));
  const { port } = probe.address();
  await new Promise((done) => probe.close(done));
  return port;
}

// minio starts an object store for one test.
export async function minio(program) {
  const dir = mkdtempSync(join(tmpdir(), "eakte-minio-"));
  const address = `127.0.0.1:${await freePort()}`;
  const user = "eaktetest", password = "eaktetest-secret";
  const child = spawn(program, ["server", "--quiet", "--address", address, dir],
    { stdio: "ignore", env: { ...process.env, MINIO_ROOT_USER: user, MINIO_ROOT_PASSWORD: password, MINIO_BROWSER: "off" } });
  const ended = new Promise((done) => child.on("exit", done));
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
    rmSync(dir, { recursive: true, force: true });
  };
  for (let left = 120; left > 0; left--) {
    const ok = await fetch(`http://${address}/minio/health/ready`).then((r) => r.ok, () => false);
    if (ok) return { url: `http://${address}`, user, password, stop };
    await new Promise((done) => setTimeout(done, 250));
  }
  await stop();
  throw new Error("MinIO did not start");
}
