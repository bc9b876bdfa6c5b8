// The live page: questions as they come, the other parts as they change. It holds still while somebody reads.
const root = document.querySelector("[data-live]");
const stream = document.querySelector("[data-stream]");
const held = document.querySelector("[data-held]");
const pause = document.querySelector("[data-pause]");
const say = document.querySelector("[data-say]");
const lost = document.querySelector("[data-lost]");
const KEPT = 60, EVERY = 500;
let waiting = [], paused = false, timer = 0, seen = new Date();

const still = () => paused || document.hidden || stream.matches(":hover") || stream.contains(document.activeElement);
const tell = () => {
  held.hidden = waiting.length === 0 || !still();
  held.querySelector("[data-held-n]").textContent = waiting.length;
};
function put() {
  timer = 0;
  if (still()) return tell();
  stream.querySelector(".none")?.remove();
  for (const html of waiting.splice(0)) {
    const box = document.createElement("template");
    box.innerHTML = html;
    const row = box.content.querySelector("li");
    if (stream.querySelector(`[data-id="${row.dataset.id}"]`)) continue;
    row.classList.add("fresh");
    stream.prepend(row);
  }
  while (stream.children.length > KEPT) stream.lastElementChild.remove();
  tell();
}
const soon = () => { if (!timer) timer = setTimeout(put, EVERY); };
function toggle(on) {
  paused = on;
  pause.setAttribute("aria-pressed", String(on));
  say.textContent = on ? say.dataset.paused : say.dataset.resumed;
  on ? tell() : put();
}
pause.addEventListener("click", () => toggle(!paused));
document.querySelector("[data-resume]").addEventListener("click", () => {
  if (paused) toggle(false);
  pause.focus();
  held.hidden = true;
  setTimeout(put, 0);
});
for (const name of ["mouseleave", "focusout"]) stream.addEventListener(name, () => setTimeout(soon, 0));
document.addEventListener("visibilitychange", soon);

function refresh(parts) {
  for (const [name, html] of Object.entries(parts)) {
    const part = document.querySelector(`[data-part="${name}"]`);
    if (part.contains(document.activeElement) || part.querySelector("details[open]")) continue;
    part.innerHTML = html;
  }
}
const clock = new Intl.DateTimeFormat("zh-CN", { timeStyle: "medium", hour12: false, timeZone: "Asia/Shanghai" });
const tellLost = (why) => {
  lost.textContent = lost.dataset[why].replace("{}", clock.format(seen));
  lost.hidden = false;
};
const place = new URL(root.dataset.live, location), AGAIN = 15000;
let source, again = 0;
function listen() {
  source = new EventSource(place);
  source.addEventListener("exchanges", (event) => {
    place.searchParams.set("after", event.lastEventId);
    waiting.push(...JSON.parse(event.data).rows);
    if (waiting.length > KEPT) waiting = waiting.slice(-KEPT);
    soon();
  });
  source.addEventListener("parts", (event) => {
    const told = JSON.parse(event.data);
    lost.hidden = true;
    seen = new Date(told.at);
    refresh(told.parts);
  });
  source.addEventListener("away", () => tellLost("away"));
  // Cut off, a browser comes again by itself; refused, it gives up for good and does not say why.
  source.addEventListener("error", () => (source.readyState === EventSource.CLOSED ? refused() : tellLost("says")));
}
async function refused() {
  clearTimeout(again);
  const asking = new AbortController();
  const status = await fetch(place, { signal: asking.signal }).then((answer) => answer.status, () => 0);
  asking.abort();
  if (status === 401 || status === 404) return location.reload(); // signed out, or another role now
  if (status === 200) return (again = setTimeout(listen, EVERY)); // once this one's place is free again
  tellLost(status === 409 ? "full" : "refused");
  again = setTimeout(refused, AGAIN);
}
listen();
addEventListener("pagehide", () => { clearTimeout(again); source.close(); });
addEventListener("pageshow", (event) => { if (event.persisted) listen(); });

setInterval(() => {
  for (const left of document.querySelectorAll("[data-until]")) {
    left.textContent = Math.max(0, Math.ceil((new Date(left.dataset.until) - Date.now()) / 1000));
  }
}, 1000);
