// What every page has: the theme switch without a reload, the toast's time, keys that shorten the way.
const root = document.documentElement;
root.classList.remove("nojs");

const toast = document.querySelector("[data-toast]");
if (toast) {
  let timer;
  const leave = () => { if (!toast.contains(document.activeElement)) toast.hidden = true; else wait(); };
  const wait = () => { clearTimeout(timer); timer = setTimeout(leave, 8000); };
  toast.addEventListener("focusout", wait);
  wait();
}

// A password shown once can be taken along with a click.
for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) break;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    button.textContent = button.dataset.done;
  });
}

const typing = (e) => e.target.matches("input, textarea, select, [contenteditable]") || e.isComposing || e.ctrlKey || e.metaKey || e.altKey;
const seen = (one) => one.offsetParent !== null && !one.closest("details:not([open]) > :not(summary)");

// Rows that lead somewhere, one after the other; the one before which nobody stands yet is the chosen one, or the first.
function step(by) {
  const rows = [...document.querySelectorAll("main tbody > tr, main [data-rows] > li")]
    .map((row) => row.querySelector("a[href], button")).filter((lead) => lead && seen(lead));
  if (!rows.length) return;
  const here = rows.findIndex((lead) => lead.closest("tr, li").contains(document.activeElement));
  const at = here < 0 ? rows.findIndex((lead) => lead.matches("[aria-current]")) : here;
  const to = rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(Math.max(at + by, 0), rows.length - 1)];
  to.focus();
  to.closest("tr, li").scrollIntoView({ block: "nearest" });
}

// The list of keys stands beside the page, and goes as it came.
const list = document.querySelector("[data-keys-list]");
let from = null;
function keys(on) {
  if (list.hidden === !on) return;
  list.hidden = !on;
  if (on) { from = document.activeElement; list.focus(); } else from?.focus();
}
if (list) {
  list.querySelector("[data-keys-close]").addEventListener("click", () => keys(false));
  document.addEventListener("keydown", (e) => { if (e.key === "Escape") keys(false); });
}

if (root.dataset.keys === "1") {
  document.addEventListener("keydown", (e) => {
    if (typing(e)) return;
    if (e.key === "[" || e.key === "]") return step(e.key === "]" ? 1 : -1);
    if (e.key === "?" && list) { e.preventDefault(); return keys(list.hidden); }
    const target = [...document.querySelectorAll(`[data-key="${CSS.escape(e.key.toLowerCase())}"]`)].find(seen);
    if (!target) return;
    e.preventDefault();
    if (target.matches("input, select, textarea")) target.focus(); else target.click();
  });
}
// Ctrl Enter does what the page's one filled button does.
document.addEventListener("keydown", (e) => {
  if (e.key !== "Enter" || !(e.ctrlKey || e.metaKey) || e.isComposing) return;
  const primary = document.querySelector("main button.primary:not(:disabled)");
  if (primary) { e.preventDefault(); primary.click(); }
});
// A select that leads somewhere goes there at once.
for (const select of document.querySelectorAll("select[data-goes]")) {
  select.addEventListener("change", () => select.form.requestSubmit());
}
// A field for a day is text, so that it reads alike in every browser: arrows change the day, a calendar is at hand.
const two = (n) => String(n).padStart(2, "0");
const iso = (day) => `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
for (const field of document.querySelectorAll("[data-day]")) {
  const [, calendar, picker] = field.parentElement.children;
  field.addEventListener("keydown", (e) => {
    const step = { ArrowUp: [0, 1], ArrowDown: [0, -1], PageUp: [1, 0], PageDown: [-1, 0] }[e.key];
    const [, year, month, day] = (field.value || field.placeholder).match(/^(\d{4})-(\d{2})-(\d{2})$/) ?? [];
    if (!step || !year) return;
    e.preventDefault();
    const last = new Date(year, month - 1 + step[0] + 1, 0).getDate();
    field.value = iso(new Date(year, month - 1 + step[0], step[0] ? Math.min(day, last) : +day + step[1]));
  });
  if (!picker.showPicker) continue;
  calendar.hidden = false;
  calendar.addEventListener("click", () => { picker.value = field.value; picker.showPicker(); });
  picker.addEventListener("change", () => { if (picker.value) field.value = picker.value; field.focus(); });
}
