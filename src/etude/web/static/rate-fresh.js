"use strict";
// Asks for the answers at once and opens the item when they are there.
(() => {
  const form = document.getElementById("fresh");
  if (!form) return;
  const said = document.getElementById("fresh-said"), bar = document.getElementById("fresh-bar");
  const button = form.querySelector("button");
  const token = document.querySelector('meta[name="form-token"]').content;

  async function ask() {
    const began = Date.now();
    button.hidden = true;
    bar.hidden = false;
    said.textContent = "The models are answering …";
    const ticking = setInterval(() => {
      said.textContent = `The models are answering … ${Math.round((Date.now() - began) / 1000)} s`;
    }, 5000);
    let wrong = "The models did not answer. Try again, or skip this prompt; the lead can see what went wrong.";
    try {
      const answer = await fetch(form.action, {
        method: "POST", body: new URLSearchParams(new FormData(form)),
        headers: { "X-Etude-Form": token, accept: "application/json" },
      });
      const got = await answer.json();
      if (answer.ok && got.there) { location.reload(); return; }
      if (got.error) wrong = got.error;
    } catch {
      wrong = "The connection broke off. Try again.";
    }
    clearInterval(ticking);
    bar.hidden = true;
    button.hidden = false;
    button.textContent = "Try again";
    said.textContent = wrong;
  }
  form.addEventListener("submit", (event) => { event.preventDefault(); ask(); });
  ask();
})();
