"use strict";
// Has missing or old figures worked out, and opens the page again once they are there.
(() => {
  const form = document.querySelector("[data-state]");
  if (!form) return;
  const headers = { accept: "application/json" };
  const look = async () => {
    try {
      const answer = await fetch(form.dataset.state, { headers });
      if (answer.ok && !(await answer.json()).running) return location.reload();
    } catch { /* the network is away; look again */ }
    setTimeout(look, 2000);
  };
  const begin = async () => {
    const token = document.querySelector('meta[name="form-token"]').content;
    const answer = await fetch(form.action, { method: "POST", headers: { ...headers, "X-Etude-Form": token } });
    if (!answer.ok) return;
    form.querySelector("[role=status]").textContent = "The figures are being worked out.";
    form.querySelector("button")?.setAttribute("disabled", "");
    setTimeout(look, 700);
  };
  if ("wanted" in form.dataset) begin();
  else setTimeout(look, 700);
})();
