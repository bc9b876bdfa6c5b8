// Sounds are links; here they are played where they stand. One at a time.
const sound = new Audio();
let at = null;
const still = () => { at?.removeAttribute("data-playing"); at = null; };
sound.addEventListener("ended", still);
sound.addEventListener("error", still);
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-play]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const same = link === at;
  sound.pause();
  still();
  if (same) return;
  at = link;
  link.setAttribute("data-playing", "");
  sound.src = link.href;
  sound.play().catch(still);
});

// Clauses that are made first. Before other listeners: the editor keeps what is typed when its own forms are sent.
document.addEventListener("submit", async (event) => {
  const form = event.target.closest("[data-listen]");
  if (!form) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const button = form.querySelector("button"), fields = new URLSearchParams(new FormData(form));
  button.disabled = true;
  try {
    const response = await fetch(form.action, { method: "POST", body: fields, headers: { "X-CSRF-Token": fields.get("csrf") } });
    if (response.status === 401) return location.reload();
    if (!response.ok) return form.submit();
    const box = document.createElement("template");
    box.innerHTML = await response.text();
    const heard = box.content.querySelector(".heard-all");
    form.parentNode.querySelector(".heard-all")?.remove();
    const words = form.previousElementSibling;
    if (words?.matches(".voice")) words.replaceWith(heard.querySelector(".voice"));
    form.after(heard);
    sound.pause();
    still();
    heard.querySelector("audio")?.play().catch(() => {});
  } finally {
    button.disabled = false;
  }
}, true);
