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

const typing = (e) => /^(INPUT|TEXTAREA|SELECT)$/.test(e.target.tagName) || e.isComposing || e.ctrlKey || e.metaKey || e.altKey;
if (root.dataset.keys === "1") {
  document.addEventListener("keydown", (e) => {
    if (typing(e)) return;
    const target = document.querySelector(`[data-key="${CSS.escape(e.key)}"]`);
    if (!target || target.offsetParent === null) return;
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
