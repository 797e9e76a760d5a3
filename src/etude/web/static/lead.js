"use strict";
// What the pages of a lead share: preview, rows to add and remove, copying, asking before leaving.
(() => {
  const token = document.querySelector('meta[name="form-token"]').content;

  function preview(area) {
    const shown = document.getElementById(area.dataset.shown);
    let timer = 0;
    let asked = 0;
    async function refresh() {
      const mine = ++asked;
      try {
        const answer = await fetch(area.dataset.preview, {
          method: "POST",
          headers: { "content-type": "application/json", accept: "application/json", "X-Etude-Form": token },
          body: JSON.stringify({ text: area.value }),
        });
        if (!answer.ok || mine !== asked) return;
        // Our own server made this HTML: everything foreign in it is escaped there.
        const page = new DOMParser().parseFromString((await answer.json()).html, "text/html");
        shown.replaceChildren(...page.body.childNodes);
      } catch {
        // The preview stays as it was; the text is safe in its field.
      }
    }
    area.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(refresh, 300); });
  }

  function guard(form) {
    let changed = false;
    form.addEventListener("input", () => { changed = true; });
    form.addEventListener("submit", () => { changed = false; });
    window.addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
  }

  function rename(list) {
    // Names of fields carry the row's number, so that radio buttons of one row belong together.
    list.querySelectorAll("[data-row]").forEach((button) => { button.hidden = false; });
    const rows = [...list.children];
    // By way of names that nothing has: for a moment two rows would share one, and the browser
    // would take the dot of one of them away.
    for (const prefix of ["moving-", ""]) {
      rows.forEach((row, number) => {
        row.querySelectorAll("[data-name]").forEach((field) => {
          field.name = prefix + field.dataset.name.replace("#", String(number));
        });
      });
    }
    rows.forEach((row, number) => {
      row.querySelectorAll("[data-number]").forEach((place) => {
        place.textContent = String(number + 1);
      });
    });
  }

  function rows(list) {
    const blank = document.getElementById(list.dataset.blank);
    const form = list.closest("form");
    const add = form.querySelector(`[data-add="${list.id}"]`);
    add.hidden = false;
    add.addEventListener("click", () => {
      list.append(blank.content.cloneNode(true));
      rename(list);
      list.lastElementChild.querySelector("input, textarea").focus();
      form.dispatchEvent(new Event("input"));
    });
    list.addEventListener("click", (event) => {
      const button = event.target.closest("[data-row]");
      if (!button) return;
      const row = button.closest("[data-list-row]");
      if (button.dataset.row === "remove") {
        row.remove();
        add.focus();
      } else if (row.previousElementSibling) {
        row.previousElementSibling.before(row);
        button.focus();
      }
      rename(list);
      form.dispatchEvent(new Event("input"));
    });
    rename(list);
  }

  document.querySelectorAll("textarea[data-preview]").forEach(preview);
  document.querySelectorAll("form[data-guard]").forEach(guard);
  document.querySelectorAll("[data-blank]").forEach(rows);

  document.addEventListener("click", async (event) => {
    const sure = event.target.closest("[data-sure]");
    if (sure && !window.confirm(sure.dataset.sure)) { event.preventDefault(); return; }
    const copy = event.target.closest("[data-copy]");
    if (!copy) return;
    const field = document.getElementById(copy.dataset.copy);
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
      copy.textContent = "Copied";
    } catch {
      copy.textContent = "Press Ctrl-C";
    }
  });

  // Parts that matter only under another choice: data-when="name=value other".
  function conditions() {
    document.querySelectorAll("[data-when]").forEach((part) => {
      const [name, values] = part.dataset.when.split("=");
      const field = document.querySelector(`[name="${name}"]:checked, select[name="${name}"]`);
      part.hidden = !field || !values.split(" ").includes(field.value);
    });
  }
  document.addEventListener("change", conditions);
  conditions();
})();
