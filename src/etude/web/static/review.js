"use strict";
// Keys of the review page. Verdicts are gone to by a key and given by Enter, never by one key.
(() => {
  document.documentElement.classList.add("with-script");
  const form = document.getElementById("review");
  const messages = [...form.querySelectorAll(".reviewed")];
  messages.forEach((message) => { message.tabIndex = -1; });

  function typing(target) {
    return target.closest("input, textarea, select") !== null;
  }
  function current() {
    return messages.findIndex((message) => message.contains(document.activeElement));
  }
  function go(by) {
    const here = current();
    const next = here < 0 ? (by > 0 ? 0 : messages.length - 1) : here + by;
    if (messages[next]) messages[next].focus();
  }
  function comment() {
    const message = messages[current()] || form.querySelector(".written");
    const fold = message && message.querySelector("[data-comment]");
    if (!fold) return;
    fold.open = true;
    fold.querySelector("textarea").focus();
  }
  function focus(id) {
    const element = document.getElementById(id);
    if (element) element.focus();
  }
  const keys = {
    a: () => focus("accept"), s: () => focus("send-back"), r: () => focus("reject"),
    t: () => focus("general"), j: () => go(1), k: () => go(-1), c: comment,
  };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (document.querySelector("dialog[open]") || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
  // One verdict for one press.
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
  let dirty = false;
  form.addEventListener("input", () => { dirty = true; });
  addEventListener("beforeunload", (event) => { if (dirty && !form.dataset.sent) event.preventDefault(); });
  addEventListener("pageshow", () => { delete form.dataset.sent; });
})();
