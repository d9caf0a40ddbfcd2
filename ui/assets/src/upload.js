// Uploading with progress: one request a document, one after the other, each
// with its own name for the transmission, so that a repeat is the same one.
function name() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");
}

// send gives the answer's row, or null if the transfer broke off.
function send(form, token, file, onProgress, onStart) {
  return new Promise((done) => {
    const data = new FormData(form);
    data.delete("document");
    data.set("transmission", file.transmission);
    data.append("document", file.bytes, file.bytes.name);
    const x = new XMLHttpRequest();
    onStart(x);
    x.open("POST", form.action);
    x.setRequestHeader("X-CSRF-Token", token);
    x.setRequestHeader("X-Upload", "one");
    x.upload.addEventListener("progress", (e) => e.lengthComputable && onProgress(e.loaded, e.total));
    x.addEventListener("load", () => done(x.status < 500 && x.responseText.includes("<tr") ? x.responseText : null));
    for (const end of ["error", "abort", "timeout"]) x.addEventListener(end, () => done(null));
    x.send(data);
  });
}

function line(form, file) {
  const li = document.createElement("li");
  const who = document.createElement("span");
  who.textContent = file.name;
  const bar = document.createElement("progress");
  bar.max = 1;
  bar.value = 0;
  bar.setAttribute("aria-label", form.dataset.waiting + ": " + file.name);
  const text = document.createElement("span");
  text.textContent = form.dataset.waiting;
  const stop = document.createElement("button");
  stop.type = "button";
  stop.className = "kern-btn kern-btn--tertiary";
  const label = document.createElement("span");
  label.className = "kern-label";
  label.textContent = form.dataset.stop;
  stop.append(label);
  li.append(who, bar, text, stop);
  return { li, bar, text, stop };
}

function rowOf(html) {
  const t = document.createElement("template");
  t.innerHTML = html;
  return t.content.querySelector("tr");
}

export function upload(token) {
  const form = document.querySelector("form[data-upload]");
  if (!form) return;
  const input = form.querySelector('input[type="file"]');
  const box = document.querySelector("[data-receipts]");
  const list = document.createElement("ul");
  list.className = "uploads";
  form.append(list);
  let running = 0;

  async function all(files) {
    running++;
    const waiting = files.map((bytes) => {
      const l = line(form, bytes);
      list.append(l.li);
      const job = { bytes, transmission: name(), line: l, stopped: false, request: null };
      l.stop.addEventListener("click", () => { job.stopped = true; job.request?.abort(); l.text.textContent = form.dataset.stopped; l.stop.remove(); });
      return job;
    });
    for (const job of waiting) {
      if (job.stopped) continue;
      const started = performance.now();
      const html = await send(form, token, job, (sent, total) => {
        job.line.bar.value = sent / total;
        const left = Math.ceil(((performance.now() - started) / sent) * (total - sent) / 1000);
        job.line.text.textContent = Math.round((100 * sent) / total) + " %" + (left > 1 ? ", " + left + " s" : "");
      }, (x) => (job.request = x));
      const row = html && rowOf(html);
      if (row) {
        box.hidden = false;
        box.querySelector("tbody").append(row);
        job.line.li.remove();
      } else if (!job.stopped) {
        job.line.text.textContent = form.dataset.failed;
        job.line.bar.value = 0;
        job.line.stop.remove();
      }
    }
    running--;
  }

  form.addEventListener("submit", (e) => {
    if (input.files.length === 0) return;
    e.preventDefault();
    const files = [...input.files];
    input.value = "";
    all(files);
  });
  const drop = form.querySelector("[data-drop]");
  for (const type of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(type, (e) => {
      if (!e.dataTransfer?.types.includes("Files")) return;
      e.preventDefault();
      drop.classList.toggle("over", type === "dragover");
      if (type === "drop") all([...e.dataTransfer.files]);
    });
  }
  window.addEventListener("beforeunload", (e) => { if (running > 0) e.preventDefault(); });
}
