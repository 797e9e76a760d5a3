"use strict";
// `g` opens the guidelines beside whatever one is doing, and closes them again. Include with
// <script defer src="/static/guidelines.js" data-panel="/projects/…/guidelines/panel">.
// Any button with data-guidelines opens them too.
(() => {
  const source = document.currentScript.dataset.panel;
  let dialog = null;
  const style = document.createElement("link");
  style.rel = "stylesheet";
  style.href = "/static/guidelines.css";
  document.head.append(style);

  function typing(target) {
    return target.closest && target.closest("input, textarea, select, [contenteditable]") !== null
      && !["checkbox", "radio", "button", "submit"].includes(target.type);
  }

  function build() {
    dialog = document.createElement("dialog");
    dialog.className = "guidelines-panel";
    dialog.setAttribute("aria-labelledby", "guidelines-panel-title");
    const bar = document.createElement("div");
    bar.className = "row";
    const title = document.createElement("h2");
    title.id = "guidelines-panel-title";
    title.className = "grow";
    title.textContent = "Guidelines";
    const close = document.createElement("button");
    close.type = "button";
    close.textContent = "Close (g)";
    close.addEventListener("click", () => dialog.close());
    bar.append(title, close);
    const inside = document.createElement("div");
    inside.className = "inside";
    inside.tabIndex = 0;
    inside.setAttribute("aria-busy", "true");
    inside.textContent = "Loading …";
    dialog.append(bar, inside);
    dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
    document.body.append(dialog);
    return inside;
  }

  async function fill(inside) {
    try {
      const answer = await fetch(source, { headers: { accept: "text/html" } });
      if (!answer.ok) throw new Error(String(answer.status));
      // Our own server made this page: everything foreign in it is escaped there.
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      inside.replaceChildren(...page.body.childNodes);
    } catch {
      inside.textContent = "The guidelines did not load. Try again in a moment.";
      const broken = dialog;
      broken.addEventListener("close", () => { broken.remove(); dialog = null; }, { once: true });
    }
    inside.removeAttribute("aria-busy");
  }

  function toggle() {
    if (dialog && dialog.open) { dialog.close(); return; }
    const inside = dialog ? null : build();
    dialog.showModal();
    if (inside) { inside.focus(); fill(inside); } else dialog.querySelector(".inside").focus();
  }

  document.querySelectorAll("[data-guidelines]").forEach((button) => { button.hidden = false; });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "g" || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (typing(event.target)) return;
    if (document.querySelector("dialog[open]:not(.guidelines-panel)")) return;
    event.preventDefault();
    toggle();
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-guidelines]");
    if (button) { event.preventDefault(); toggle(); }
  });
})();
