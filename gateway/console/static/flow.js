// A flow of today: its counts are looked at again every few seconds, where nobody is just reading with the keyboard.
const root = document.querySelector("[data-flow]");
const EVERY = 5000;
async function look() {
  if (document.hidden) return;
  const response = await fetch(root.dataset.flow);
  if (response.status === 401) return location.reload();
  if (!response.ok) return;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const part of fresh.querySelectorAll("[data-part]")) {
    const old = root.querySelector(`[data-part="${part.dataset.part}"]`);
    if (old.contains(document.activeElement) || old.querySelector("[data-playing]")) continue;
    if (old.innerHTML === part.innerHTML) continue;
    const left = old.querySelector(".scroll")?.scrollLeft ?? 0;
    old.innerHTML = part.innerHTML;
    if (left) old.querySelector(".scroll").scrollLeft = left;
  }
}
if (root) setInterval(() => look().catch(() => {}), EVERY);
