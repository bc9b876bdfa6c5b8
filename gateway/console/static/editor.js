// The wordings' editor: colours while typing, a preview a quarter of a second later, the draft kept a second later.
// The server does all the counting; without this file a button does the same.
const form = document.querySelector("[data-editor]");
const areas = [...document.querySelectorAll("[data-text]")];
const here = form.dataset.editor;
const csrf = form.elements.csrf.value;
const part = (name) => document.querySelector(`[data-part="${name}"]`);
const PREVIEW = 250, LATEST = 1000, KEEP = 1000, LOOK = 700;

// Colours: only bridges the time until the server's own lexer answers.
const TOKEN = /(\{\{[^]*?\}\})|(\{%-?\s*optional\s+\d+\s*-?%\})|(\{%-?\s*endoptional\s*-?%\})|(\{%[^]*?%\})|([^{]+|\{)/g;
function paint(area) {
  const into = part(`paint-${area.dataset.text}`);
  let inside = "";
  into.textContent = "";
  for (const m of area.value.matchAll(TOKEN)) {
    if (m[2]) inside = "tk-o1";
    const span = document.createElement("span");
    span.textContent = m[0];
    span.className = [m[1] ? "tk-val" : m[2] || m[3] || m[4] ? "tk-tag" : "", inside].join(" ").trim();
    into.append(span);
    if (m[3]) inside = "";
  }
  into.append("\u200b");
}
// Line numbers keep step with wrapped lines.
function number(area) {
  const nums = area.closest(".ed").querySelector(".nums"), ghost = part(`paint-${area.dataset.text}`).cloneNode();
  const bad = new Set([...document.querySelectorAll(`[data-of="${area.dataset.text}"]`)].map((b) => +b.dataset.line));
  ghost.removeAttribute("data-part");
  ghost.classList.add("ghost");
  area.parentNode.append(ghost);
  nums.textContent = "";
  area.value.split("\n").forEach((line, at) => {
    ghost.textContent = line || " ";
    const n = document.createElement("div");
    n.textContent = at + 1;
    n.className = bad.has(at + 1) ? "bad" : "";
    // CSSOM is no inline style in the sense of the policy
    n.style.height = `${ghost.offsetHeight - 24}px`;
    nums.append(n);
  });
  ghost.remove();
}
const text = () => areas.map((a) => a.value).join("\0");

function body() {
  const data = new URLSearchParams({ base: form.elements.base.value, was: form.elements.was.value, sample: form.elements.sample.value, of: form.elements.of.value });
  for (const area of areas) data.set(area.name, area.value);
  return data;
}
async function ask(path, options = {}) {
  const response = await fetch(`${here}/${path}`, { headers: { "X-CSRF-Token": csrf }, ...options });
  if (response.status === 401) location.reload();
  return response;
}

function put(html, typed) {
  const found = new DOMParser().parseFromString(html, "text/html");
  for (const fresh of found.querySelectorAll("[data-part]")) {
    const name = fresh.dataset.part, old = part(name);
    if (!old || old.innerHTML === fresh.innerHTML) continue;
    if (name.startsWith("paint-") && typed !== text()) continue;
    if (name === "gate" && old.contains(document.activeElement) && document.activeElement.matches("input")) continue;
    old.innerHTML = fresh.innerHTML;
  }
  areas.forEach(number);
  watch();
}

let asking, due = 0, first = 0, keeping;
async function preview() {
  asking?.abort();
  asking = new AbortController();
  first = 0;
  const typed = text();
  try {
    const response = await ask("preview", { method: "POST", body: body(), signal: asking.signal });
    if (response.ok && typed === text()) put(await response.text(), typed);
  } catch (error) {
    if (error.name !== "AbortError") throw error;
  }
}
let kept = text(), saving = Promise.resolve();
function keep() {
  clearTimeout(keeping);
  saving = saving.then(async () => {
    if (text() === kept) return;
    const typed = text();
    const response = await ask("save", { method: "POST", body: body() });
    const said = await response.json().catch(() => ({ fault: response.statusText }));
    const line = document.querySelector("[data-conflict]");
    line.hidden = response.ok;
    if (!response.ok) { line.textContent = said.fault; return; }
    kept = typed;
    form.elements.was.value = said.hash;
    if (typed === text()) await preview();
  });
  return saving;
}
function changed() {
  const now = performance.now();
  if (!first) first = now;
  clearTimeout(due);
  due = setTimeout(preview, Math.max(0, Math.min(PREVIEW, first + LATEST - now)));
  clearTimeout(keeping);
  keeping = setTimeout(keep, KEEP);
}

for (const area of areas) {
  const soon = () => { paint(area); number(area); };
  area.addEventListener("input", (e) => { soon(); if (!e.isComposing) changed(); }); // Chinese comes through an input method
  area.addEventListener("compositionend", () => { soon(); changed(); });
  number(area);
}
addEventListener("resize", () => areas.forEach(number));

// What a button of the page does is done with what is typed: keep first.
document.addEventListener("submit", async (e) => {
  if (text() === kept || e.target === form && e.submitter?.formAction?.endsWith("/trial")) return;
  if (!e.target.matches("[data-submit]")) return;
  e.preventDefault();
  await keep();
  const field = e.target.elements.hash;
  field.value = form.elements.was.value;
  e.target.submit();
});
addEventListener("beforeunload", () => { if (text() !== kept) keep(); });

const sms = areas[0];
function insert(what) {
  const area = areas.includes(document.activeElement) ? document.activeElement : last;
  area.focus();
  area.setRangeText(what, area.selectionStart, area.selectionEnd, "end");
  area.dispatchEvent(new Event("input"));
}
let last = sms;
areas.forEach((a) => a.addEventListener("focus", () => { last = a; }));
function optional() {
  const [a, z] = [sms.selectionStart, sms.selectionEnd];
  if (a === z) return;
  sms.setRangeText(`{% optional 3 %}${sms.value.slice(a, z)}{% endoptional %}`, a, z, "end");
  sms.dispatchEvent(new Event("input"));
}
const vals = document.querySelector("[data-vals]");
if (vals) vals.hidden = false;
const wrap = document.querySelector("[data-wrap]");
if (wrap) { wrap.hidden = false; wrap.addEventListener("click", optional); }

document.addEventListener("click", (e) => {
  const value = e.target.closest("[data-insert]"), fault = e.target.closest("[data-line]"), sample = e.target.closest("[data-sample]");
  if (value) insert(last === sms ? `{{ ${value.dataset.insert} }}` : `{{ ${value.dataset.insert}|name }}`);
  if (fault) {
    const area = areas.find((a) => a.dataset.text === fault.dataset.of), lines = area.value.split("\n");
    const start = lines.slice(0, fault.dataset.line - 1).join("\n").length + (fault.dataset.line > 1 ? 1 : 0);
    area.focus();
    area.setSelectionRange(start, start + lines[fault.dataset.line - 1].length);
  }
  if (sample) { e.preventDefault(); choose(+sample.dataset.sample); }
});
function choose(at) {
  const all = [...document.querySelectorAll("[data-sample]")];
  if (!all.length) return;
  at = (at + all.length) % all.length;
  form.elements.sample.value = at;
  all.forEach((one, i) => { if (i === at) one.setAttribute("aria-current", "true"); else one.removeAttribute("aria-current"); });
  preview();
}
document.addEventListener("keydown", (e) => {
  if (e.isComposing) return;
  if (e.altKey && e.code === "KeyO") { e.preventDefault(); optional(); }
  if (e.altKey && (e.key === "ArrowUp" || e.key === "ArrowDown")) { e.preventDefault(); choose(+form.elements.sample.value + (e.key === "ArrowDown" ? 1 : -1)); }
  if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === "s") { e.preventDefault(); keep(); }
});
const pick = document.querySelector("[data-leads]");
if (pick) pick.addEventListener("change", () => { location.href = pick.value; });

// Trial and replay run behind: look until they are done.
let looking;
function watch() {
  clearTimeout(looking);
  if (part("running").textContent.trim() !== "1" || document.hidden) return;
  looking = setTimeout(async () => {
    const typed = text();
    const response = typed === kept ? await ask(`parts?${new URLSearchParams({ sample: form.elements.sample.value, of: form.elements.of.value })}`) : null;
    if (response?.ok && typed === text()) put(await response.text(), typed); else watch();
  }, LOOK);
}
document.addEventListener("visibilitychange", watch);
watch();
