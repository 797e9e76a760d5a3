"use strict";
// The Rate page: keys, saving what is half done, and the time spent without pauses.
(() => {
  const form = document.getElementById("rate");
  if (!form) return;
  const IDLE_MS = 60000, BEAT_MS = 15000, SETTLE_MS = 900;
  const token = document.querySelector('meta[name="form-token"]').content;
  const saved = document.getElementById("saved") || document.createElement("span");
  const points = Number(form.dataset.points), nAnswers = Number(form.dataset.answers);
  const active = form.elements.namedItem("active_s");

  // Time: seconds with a sign of somebody within the last minute, while the page is seen.
  let activeS = 0, lastSign = Date.now(), dirty = false, gone = false;
  for (const name of ["pointermove", "pointerdown", "keydown", "scroll", "touchmove", "wheel"])
    document.addEventListener(name, () => { lastSign = Date.now(); }, { passive: true, capture: true });
  setInterval(() => {
    if (!document.hidden && Date.now() - lastSign < IDLE_MS) activeS += 1;
  }, 1000);

  async function beat(leaving) {
    if (gone || !form.dataset.draft || (!dirty && activeS === 0)) return;
    const sent = activeS, wasDirty = dirty;
    const body = new URLSearchParams(new FormData(form));
    body.set("active_s", String(sent));
    activeS = 0;
    dirty = false;
    try {
      const answer = await fetch(form.dataset.draft, {
        method: "POST", body, keepalive: leaving === true,
        headers: { "X-Etude-Form": token, accept: "application/json" },
      });
      if (!answer.ok) throw new Error(String(answer.status));
      const said = await answer.json();
      if (wasDirty) saved.textContent = "kept";
      if (said.break_due) {
        document.getElementById("worked").textContent = String(said.worked_min);
        document.getElementById("break").hidden = false;
      }
      if (!said.goes_on && !gone) {
        gone = true;
        document.getElementById("lost").hidden = false;
      }
    } catch {
      activeS += sent;
      dirty = dirty || wasDirty;
      if (wasDirty) saved.textContent = "not kept yet: no connection";
    }
  }

  let settling = 0;
  function changed() {
    dirty = true;
    saved.textContent = "";
    clearTimeout(settling);
    settling = setTimeout(beat, SETTLE_MS);
  }
  form.addEventListener("input", changed);
  form.addEventListener("change", changed);
  setInterval(beat, BEAT_MS);
  document.addEventListener("visibilitychange", () => { if (document.hidden) beat(true); });

  let sending = false;
  form.addEventListener("submit", (event) => {
    if (sending) { event.preventDefault(); return; }
    sending = true;
    gone = true;
    clearTimeout(settling);
    active.value = String(activeS);
  });
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

  function choose(input) {
    if (!input) return false;
    input.checked = true;
    input.focus({ preventScroll: true });
    input.dispatchEvent(new Event("change", { bubbles: true }));
    return true;
  }
  const verdict = (value) => form.querySelector(`input[name="verdict"][value="${value}"]`);

  // Scores: in one, a digit scores and goes on to the next.
  const scoreGroups = [...form.querySelectorAll(".criterion .points")];
  function goOn(group) {
    const next = scoreGroups[scoreGroups.indexOf(group) + 1];
    const to = next ? next.querySelector("input:checked") || next.querySelector("input")
      : form.querySelector("#verdict input:checked") || form.querySelector("#verdict input");
    to.focus();
  }
  function score(group, digit) {
    if (digit > points) return;
    choose(group.querySelectorAll("input")[digit - 1]);
    goOn(group);
  }

  // Ranks: digits fall to the answers in turn.
  const rankGroups = [...form.querySelectorAll("[data-rank]")];
  function rank(digit) {
    if (digit > nAnswers) return;
    const here = document.activeElement.closest("[data-rank]");
    const group = here && !here.querySelector("input:checked") ? here
      : rankGroups.find((one) => !one.querySelector("input:checked")) || here;
    if (!group) return;
    choose(group.querySelectorAll("input")[digit - 1]);
    const next = rankGroups.find((one) => !one.querySelector("input:checked"));
    if (next) next.querySelector("input").focus();
  }
  function ranked() {
    if (rankGroups.length && verdict("ranked")) verdict("ranked").checked = true;
  }
  rankGroups.forEach((group) => group.addEventListener("change", ranked));

  function digit(number) {
    const group = document.activeElement.closest(".criterion .points");
    if (group) score(group, number);
    else if (rankGroups.length) rank(number);
    else choose(form.querySelectorAll(".scale input")[number - 1]);
  }

  function open(id, inside) {
    const details = document.getElementById(id);
    details.open = !details.open;
    if (!details.open) return;
    details.scrollIntoView({ block: "nearest" });
    (details.querySelector(inside) || details.querySelector("summary")).focus();
  }

  function tie() {
    if (!rankGroups.length) { choose(verdict("tie")); return; }
    rankGroups.forEach((group) => { group.querySelector("input").checked = true; });
    choose(verdict("ranked"));
  }
  function again() {
    rankGroups.forEach((group) => {
      group.querySelectorAll("input").forEach((input) => { input.checked = false; });
    });
    if (rankGroups[0]) { rankGroups[0].querySelector("input").focus(); changed(); }
  }
  const keys = {
    t: tie,
    b: () => choose(verdict("both_bad")),
    n: () => choose(verdict("cannot_judge")) && form.querySelector(".cannot input").focus(),
    c: () => {
      const first = scoreGroups.find((one) => !one.querySelector("input:checked")) || scoreGroups[0];
      if (first) { first.querySelector("input").focus(); first.scrollIntoView({ block: "nearest" }); }
    },
    e: () => { const first = form.querySelector(".reasons input"); if (first) first.focus(); },
    w: () => { const field = form.elements.namedItem("rationale"); if (field) field.focus(); },
    r: again,
    m: () => document.dispatchEvent(new CustomEvent("rate-source")),
    u: () => { const undo = document.getElementById("undo"); if (undo) { beat(true); undo.requestSubmit(); } },
    s: () => {
      const later = document.getElementById("later");
      if (later) later.click(); else open("skip", "input");
    },
    "?": () => open("keys", "summary"),
    Enter: () => form.requestSubmit(form.querySelector("button.main")),
  };

  const typing = (target) => target.closest("textarea, select, [contenteditable]")
    || (target.closest("input") && !["radio", "checkbox"].includes(target.type));
  document.addEventListener("keydown", (event) => {
    const target = event.target;
    if (document.querySelector("dialog[open]") || event.isComposing) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && form.contains(target)) {
      event.preventDefault();
      keys.Enter();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && target.blur && typing(target)) { target.blur(); return; }
    if (typing(target) || event.repeat) return;
    if (event.key === "Enter") {
      if (target.closest("a, button, summary, .asides")) return;
      event.preventDefault();
      keys.Enter();
    } else if (/^[1-9]$/.test(event.key)) {
      if (target.closest(".asides")) return;
      event.preventDefault();
      digit(Number(event.key));
    } else if (Object.hasOwn(keys, event.key)) {
      event.preventDefault();
      keys[event.key]();
    }
  });

  for (const link of document.querySelectorAll('a[href="#skip"], a[href="#keys"]'))
    link.addEventListener("click", (event) => {
      event.preventDefault();
      keys[link.hash === "#skip" ? "s" : "?"]();
    });
  const question = document.getElementById("question");
  if (question) question.addEventListener("submit", async (event) => {
    event.preventDefault();
    const asked = document.getElementById("asked");
    try {
      const answer = await fetch(question.action, {
        method: "POST", body: new URLSearchParams(new FormData(question)),
        headers: { "X-Etude-Form": token, accept: "application/json" },
      });
      const said = await answer.json();
      asked.textContent = answer.ok ? "Sent. The answer will stand under Guidelines, Questions." : said.error;
      if (answer.ok) question.reset();
    } catch {
      asked.textContent = "Not sent: no connection. Try again.";
    }
  });

  // Of a long conversation the last turn is what the answers answer.
  const prompt = document.querySelector(".prompt");
  prompt.scrollTop = prompt.scrollHeight;
  const wrong = document.getElementById("wrong");
  if (wrong) wrong.focus();
})();
