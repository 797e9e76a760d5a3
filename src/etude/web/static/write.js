"use strict";
// The Write page: saves and checks by itself, changes turns in place, counts the time spent.
// The server renders everything; without this script its forms do the same with reloads.
(() => {
  const form = document.getElementById("write");
  const base = form.dataset.base;
  const saved = document.getElementById("saved");
  const refusal = document.getElementById("refusal");
  const token = document.querySelector("meta[name=form-token]").content;
  const IDLE_MS = 60000;
  let dirty = "unsaved" in form.dataset, leaving = false, stopped = false;
  let saving = null;
  let saveTimer = 0, checkTimer = 0, checkNumber = 0;
  document.documentElement.classList.add("with-script");

  // Time spent: seconds with a sign of life not longer ago than a minute.
  let lastSign = Date.now(), lastTick = Date.now(), activeMs = 0;
  let shownMs = 1000 * Number(form.dataset.spent);
  const spent = document.getElementById("spent");
  function tick() {
    const now = Date.now();
    if (!document.hidden && now - lastSign < IDLE_MS) {
      const passed = Math.min(now - lastTick, 5000);
      activeMs += passed;
      shownMs += passed;
    }
    lastTick = now;
    const seconds = Math.round(shownMs / 1000);
    spent.textContent = seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min`;
  }
  for (const kind of ["keydown", "pointerdown", "pointermove", "wheel", "touchstart"]) {
    addEventListener(kind, () => { lastSign = Date.now(); }, { passive: true });
  }
  setInterval(tick, 1000);

  function fields(more = {}) {
    tick();
    const body = new URLSearchParams(new FormData(form));
    const counted = Math.floor(activeMs / 1000);
    body.set("active_s", String(counted));
    for (const [name, value] of Object.entries(more)) body.set(name, value);
    return [body, counted];
  }

  async function send(path, body, options = {}) {
    const answer = await fetch(base + path, {
      method: "POST", body, headers: { accept: "application/json", "X-Etude-Form": token }, ...options,
    });
    const said = await answer.json().catch(() => ({}));
    if (!answer.ok) {
      const error = new Error(said.error || "The server did not answer as it should.");
      error.stale = said.stale === true;
      throw error;
    }
    return said;
  }

  function say(text, bad = false) {
    saved.textContent = text;
    saved.classList.toggle("bad-news", bad);
  }

  function failed(error) {
    dirty = true;
    if (error.stale) stopped = true;
    const away = error instanceof TypeError;
    say(`Not saved: ${away ? "the server cannot be reached; trying again" : error.message}`, true);
    if (away) later();
  }

  function kept(answer, counted) {
    form.elements.revision.value = answer.revision;
    activeMs -= 1000 * counted;
    const now = new Date();
    const at = `${String(now.getHours()).padStart(2, "0")}:${String(now.getMinutes()).padStart(2, "0")}`;
    if (answer.goes_on === false) say(`Saved ${at}. The time had run out and someone else may have this now.`, true);
    else say(`Saved ${at}.`);
  }

  // One save at a time: each counts the revision up that the next one must name.
  async function alone(work) {
    while (saving) await saving.catch(() => {});
    saving = work();
    try { return await saving; } finally { saving = null; }
  }

  function save(options) {
    clearTimeout(saveTimer);
    if (stopped || leaving) return Promise.resolve();
    return alone(async () => {
      dirty = false;
      const [body, counted] = fields();
      try { kept(await send("/save", body, options), counted); } catch (error) { failed(error); }
    });
  }

  function later() {
    clearTimeout(saveTimer);
    saveTimer = setTimeout(save, 2000);
  }

  // HTML of our own templates, which escape everything; no script in it would run.
  function adopt(target, html) {
    if (target.dataset.is === html) return;
    const made = new DOMParser().parseFromString(html, "text/html");
    target.replaceChildren(...made.body.childNodes);
    target.dataset.is = html;
  }

  async function check() {
    const number = ++checkNumber;
    try {
      const answer = await send("/check", fields()[0]);
      if (number !== checkNumber) return;
      for (const [place, html] of Object.entries(answer.findings)) {
        const list = form.querySelector(`[data-findings="${place}"]`);
        if (list && !list.contains(document.activeElement)) adopt(list, html);
      }
      adopt(document.getElementById("diff"), answer.diff);
      if (answer.n_waiting === 0) refusal.replaceChildren();
    } catch (error) {
      // The checks run again when the work is handed in.
    }
  }

  function changed() {
    dirty = true;
    if (!stopped) say("…");
    later();
    clearTimeout(checkTimer);
    checkTimer = setTimeout(check, 500);
  }
  form.addEventListener("input", (event) => { grow(event.target); changed(); });

  // Where the browser does not let a field grow by itself.
  function grow(field) {
    if (field.tagName !== "TEXTAREA" || CSS.supports("field-sizing", "content")) return;
    const least = field.classList.contains("short") ? 1 : 3;
    field.rows = Math.min(40, Math.max(least, Math.ceil((field.scrollHeight - 12) / 22)));
  }
  function growAll() { form.querySelectorAll("textarea").forEach(grow); }
  growAll();

  function turnOf(element) {
    const turn = element && element.closest ? element.closest("[data-turn]") : null;
    return turn ? Number(turn.dataset.turn) : -1;
  }
  function goTo(place) {
    const field = document.getElementById(`content-${place}`);
    if (!field) return;
    if (field.hidden) preview(place);
    field.focus();
  }

  function edit(what) {
    clearTimeout(saveTimer);
    clearTimeout(checkTimer);
    if (stopped) return Promise.resolve();
    return alone(async () => {
      const [body, counted] = fields({ do: what });
      try {
        const answer = await send("/turns", body);
        const turns = document.getElementById("turns");
        delete turns.dataset.is;
        adopt(turns, answer.turns);
        growAll();
        kept(answer, counted);
        goTo(answer.focus);
        if (what.startsWith("call:")) {
          const calls = document.querySelectorAll(`#turn-${answer.focus} .call`);
          const field = calls.length ? calls[calls.length - 1].querySelector("textarea, select") : null;
          if (field) field.focus();
        }
        checkTimer = setTimeout(check, 50);
      } catch (error) { failed(error); }
    });
  }

  async function preview(place) {
    const field = document.getElementById(`content-${place}`);
    const shown = document.getElementById(`preview-${place}`);
    const button = form.querySelector(`[data-preview="${place}"]`);
    const open = shown.hidden;
    if (open) {
      try {
        const answer = await send("/preview", new URLSearchParams({ text: field.value }));
        adopt(shown, answer.html || "");
        if (!field.value.trim()) shown.textContent = "Nothing yet.";
      } catch (error) { return say(error.message, true); }
    }
    shown.hidden = !open;
    field.hidden = open;
    button.textContent = open ? "Edit" : "Preview";
    button.setAttribute("aria-pressed", String(open));
    if (!open) field.focus();
    else button.focus();
  }

  async function sample(button) {
    const status = document.getElementById("sampling");
    const buttons = [...form.querySelectorAll("[data-sample]")];
    if (dirty) await save();
    stopped = true;
    buttons.forEach((one) => { one.disabled = true; });
    status.textContent = `${button.value} is writing …`;
    try {
      const answer = await send("/draft", fields({ model: button.value })[0]);
      leaving = true;
      location.assign(answer.go);
    } catch (error) {
      status.textContent = error.message;
      stopped = error.stale === true;
      buttons.forEach((one) => { one.disabled = false; });
    }
  }

  // A form that is sent by the browser: all that is on its way comes in first.
  async function leave(button) {
    if (!navigator.onLine) { say("Not sent: there is no connection. Your text stays here.", true); return; }
    clearTimeout(saveTimer);
    clearTimeout(checkTimer);
    while (saving) await saving.catch(() => {});
    leaving = true;
    const [, counted] = fields();
    form.elements.active_s.value = String(counted);
    const chosen = document.createElement("input");
    chosen.type = "hidden";
    chosen.name = "do";
    chosen.value = button;
    form.append(chosen);
    form.submit();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const button = event.submitter;
    if (leaving) return;
    if (button && button.dataset.sure && !confirm(button.dataset.sure)) return;
    if (button && button.hasAttribute("data-sample")) { sample(button); return; }
    const what = button && button.name === "do" ? button.value : "save";
    if (what === "save" && !stopped) save();
    else if (["hand-in", "start", "save"].includes(what)) leave(what);
    else edit(what);
  });
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-preview]");
    if (button) preview(Number(button.dataset.preview));
  });

  const question = document.getElementById("question");
  question.addEventListener("submit", async (event) => {
    event.preventDefault();
    const status = document.getElementById("asked");
    try {
      const answer = await fetch(question.action, {
        method: "POST", body: new URLSearchParams(new FormData(question)),
        headers: { accept: "application/json", "X-Etude-Form": token },
      });
      const said = await answer.json();
      status.textContent = answer.ok ? "Sent. The answer will stand under Questions." : said.error;
      if (answer.ok) question.reset();
    } catch (error) {
      status.textContent = "Not sent: the server cannot be reached. Try again.";
    }
  });

  function typing(target) {
    return target.closest("input, textarea, select") !== null
      && !["checkbox", "radio"].includes(target.type);
  }
  function step(by, here, move) {
    if (here < 0) return goTo(0);
    if (move) return edit(`${by < 0 ? "up" : "down"}:${here}`);
    return goTo(here + by);
  }
  const keyed = {
    ArrowUp: (here, shift) => step(-1, here, shift),
    ArrowDown: (here, shift) => step(1, here, shift),
    KeyU: () => form.querySelector("[data-add=user]").click(),
    KeyA: () => form.querySelector("[data-add=assistant]").click(),
    KeyP: (here) => { if (here >= 0) preview(here); },
  };
  addEventListener("keydown", (event) => {
    const command = event.ctrlKey || event.metaKey;
    if (command && event.key === "Enter" && form.contains(event.target)) {
      event.preventDefault();
      document.getElementById("hand-in").click();
    } else if (command && !event.altKey && event.key.toLowerCase() === "s") {
      event.preventDefault();
      save();
    } else if (event.altKey && !command && keyed[event.code]) {
      event.preventDefault();
      keyed[event.code](turnOf(event.target), event.shiftKey);
    } else if (event.key === "?" && !command && !event.altKey && !typing(event.target)) {
      const keys = document.getElementById("keys");
      keys.open = !keys.open;
      if (keys.open) { keys.scrollIntoView({ block: "nearest" }); keys.querySelector("summary").focus(); }
    }
  });

  document.addEventListener("visibilitychange", () => {
    if (document.hidden && dirty && !saving) save({ keepalive: true });
  });
  addEventListener("beforeunload", (event) => { if (dirty && !leaving) event.preventDefault(); });
  // While one reads or thinks without typing, the turn is kept and the time counted.
  setInterval(() => {
    tick();
    if (!document.hidden && !dirty && activeMs > 30000) save();
  }, 60000);
})();
