// Uploading with progress: one request a document, one after the other, each
// with its own name for the transmission, so that a repeat is the same one.
function name() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");
}

// send gives the answer's row and whether sending it once more may help; the
// row is null if the transfer broke off.
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
    x.addEventListener("load", () => done({ row: rowOf(x.responseText), again: x.status >= 500 }));
    for (const end of ["error", "abort", "timeout"]) x.addEventListener(end, () => done({ row: null, again: true }));
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
  const stop = button(form.dataset.stop);
  li.append(who, bar, text, stop);
  return { li, bar, text, stop };
}

function button(text) {
  const b = document.createElement("button");
  b.type = "button";
  b.className = "kern-btn kern-btn--tertiary";
  const label = document.createElement("span");
  label.className = "kern-label";
  label.textContent = text;
  b.append(label);
  return b;
}

// rowOf reads a line of the table; a whole page (signed out, say) is none.
function rowOf(html) {
  if (!html.trimStart().startsWith("<tr")) return null;
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
  let running = 0;

  const stopAll = button(form.dataset.stopall);
  const jobs = new Set(); // on their way, or waiting for it
  stopAll.addEventListener("click", () => { for (const job of [...jobs]) stop(job); });

  stopAll.hidden = true;
  form.append(list, stopAll);

  function stop(job) {
    job.stopped = true;
    job.request?.abort();
    end(job, form.dataset.stopped);
  }

  // end leaves a line that says what became of the document, and offers to
  // send it once more where that may help: it is the same transmission.
  function end(job, text, again) {
    jobs.delete(job);
    stopAll.hidden = jobs.size < 2;
    job.line.text.textContent = text;
    job.line.bar.value = 0;
    job.line.stop.remove();
    if (!again) return;
    const retry = button(form.dataset.again);
    retry.setAttribute("aria-label", form.dataset.again + ": " + job.bytes.name);
    retry.addEventListener("click", () => { job.line.li.remove(); all([job.bytes], job.transmission); list.lastElementChild.querySelector("button").focus(); });
    job.line.li.append(retry);
  }

  function take(job, row) {
    if ("refused" in row.dataset) row.querySelector("[data-name]").textContent = job.bytes.name;
    box.hidden = false;
    box.querySelector("tbody").append(row);
    jobs.delete(job);
    stopAll.hidden = jobs.size < 2;
    job.line.li.remove();
  }

  async function all(files, transmission) {
    running++;
    const waiting = files.map((bytes) => {
      const job = { bytes, transmission: transmission ?? name(), line: line(form, bytes), stopped: false, request: null };
      list.append(job.line.li);
      jobs.add(job);
      job.line.stop.addEventListener("click", () => stop(job));
      return job;
    });
    stopAll.hidden = jobs.size < 2;
    for (const job of waiting) {
      if (job.stopped) continue;
      const started = performance.now();
      const { row, again } = await send(form, token, job, (sent, total) => {
        job.line.bar.value = sent / total;
        if (sent === total) job.line.stop.remove(); // it is there: only the receipt is missing
        const left = Math.ceil(((performance.now() - started) / sent) * (total - sent) / 1000);
        job.line.text.textContent = Math.round((100 * sent) / total) + " %" + (left > 1 ? ", " + left + " s" : "");
      }, (x) => (job.request = x));
      if (job.stopped) continue;
      if (row && !again) take(job, row);
      else end(job, row ? row.cells[1].textContent.trim() : form.dataset.failed, true);
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
