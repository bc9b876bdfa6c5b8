// Keys that type, examples that fill in: each only shortens the way.
const form = document.querySelector("[data-try]");
const text = form.elements.text;
const pad = form.querySelector("[data-pad]");
pad.hidden = false;
pad.addEventListener("click", (event) => {
  const key = event.target.dataset.dtmf;
  if (!key) return;
  if (key === "*") text.value = text.value.slice(0, -1);
  else if (key === "#") form.requestSubmit();
  else text.value += key;
});
for (const link of document.querySelectorAll("[data-example]")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    text.value = link.dataset.example;
    form.requestSubmit();
  });
}
