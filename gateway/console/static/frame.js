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
