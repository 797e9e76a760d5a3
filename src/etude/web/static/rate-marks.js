"use strict";
// Marking parts of answers. Offsets count the characters of an answer's source text, as Python
// counts them; what is selected in the rendered text is found again in the source, or refused.
(() => {
  const form = document.getElementById("rate");
  if (!form || !form.querySelector(".marking")) return;
  const field = form.elements.namedItem("marks");
  const length = (text) => [...text].length;
  const sourceOf = (part) => part.querySelector(".source textarea");
  let marks = [];
  try { marks = JSON.parse(field.value || "[]"); } catch { marks = []; }

  function cut(source, mark) {
    return [...source].slice(mark.start, mark.end).join("");
  }

  // From a selection to code units of the source, or null.
  function inSource(part) {
    const area = sourceOf(part);
    if (area.selectionEnd > area.selectionStart && !part.querySelector(".source").hidden)
      return [area.selectionStart, area.selectionEnd];
    const selection = document.getSelection();
    const text = part.querySelector(".text");
    if (selection.isCollapsed || !text.contains(selection.anchorNode) || !text.contains(selection.focusNode))
      return null;
    return find(area.value, selection.toString());
  }

  // Words in their order, with anything between them that Markdown drops; only if there is one place.
  function find(source, selected) {
    const words = selected.trim().split(/\s+/u).filter(Boolean);
    if (!words.length || words.length > 2000) return null;
    let found = null;
    for (let from = source.indexOf(words[0]); from >= 0; from = source.indexOf(words[0], from + 1)) {
      let at = from + words[0].length, fits = true;
      for (const word of words.slice(1)) {
        const gap = /^[\s*_`~#>|\\\-+.\d:]*?(?=\S)/u;
        const next = source.indexOf(word, at);
        if (next < 0 || next - at > 40 || source.slice(at, next).replace(gap, "").replace(/[\s*_`~#>|\\\-:+]|\d+[.)]/gu, "")) { fits = false; break; }
        at = next + word.length;
      }
      if (!fits) continue;
      if (found) return null;
      found = [from, at];
    }
    return found;
  }

  function add(part, label) {
    const place = Number(part.dataset.answer), area = sourceOf(part);
    const range = inSource(part);
    if (!range) {
      say(part, "Select a part of this answer first. Where it is not found, use the source text.");
      return;
    }
    const mark = { answer: place, start: length(area.value.slice(0, range[0])), end: length(area.value.slice(0, range[1])), label };
    const same = (one) => one.answer === mark.answer && one.start === mark.start && one.end === mark.end && one.label === label;
    if (!marks.some(same)) marks.push(mark);
    document.getSelection().removeAllRanges();
    keep();
  }

  function say(part, text) {
    let line = part.querySelector(".mark-said");
    if (!line) {
      line = document.createElement("p");
      line.className = "mark-said soft small";
      line.setAttribute("role", "status");
      part.querySelector(".marking").append(line);
    }
    line.textContent = text;
  }

  function keep() {
    field.value = JSON.stringify(marks);
    form.dispatchEvent(new Event("change"));
    show();
  }

  function show() {
    for (const part of form.querySelectorAll(".answer")) {
      const list = part.querySelector(".marks"), source = sourceOf(part).value;
      const mine = marks.filter((one) => one.answer === Number(part.dataset.answer));
      list.replaceChildren(...mine.map((mark) => row(part, mark, cut(source, mark))));
      say(part, "");
    }
    paint();
  }

  function tint(part, label) {
    const button = [...part.querySelectorAll("button.label")].find((one) => one.dataset.label === label);
    return button ? [...button.classList].find((name) => name.startsWith("tint-")) : "tint-0";
  }

  function row(part, mark, text) {
    const item = document.createElement("li");
    const label = document.createElement("span");
    label.className = `badge ${tint(part, mark.label)}`;
    label.textContent = mark.label;
    const quote = document.createElement("q");
    quote.textContent = text.length > 120 ? `${text.slice(0, 118)} …` : text;
    const remove = document.createElement("button");
    remove.type = "button";
    remove.className = "quiet";
    remove.textContent = "remove";
    remove.setAttribute("aria-label", `Remove the mark ${mark.label}: ${text.slice(0, 60)}`);
    remove.addEventListener("click", () => { marks = marks.filter((one) => one !== mark); keep(); });
    item.append(label, " ", quote, " ", remove);
    return item;
  }

  // Marks are painted over the rendered text where the browser can, without touching the page.
  function paint() {
    if (!window.CSS || !CSS.highlights) return;
    const by = {};
    for (const part of form.querySelectorAll(".answer")) {
      const text = part.querySelector(".text"), source = sourceOf(part).value;
      const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
      const nodes = [];
      let all = "";
      while (walker.nextNode()) { nodes.push([all.length, walker.currentNode]); all += walker.currentNode.data; }
      for (const mark of marks.filter((one) => one.answer === Number(part.dataset.answer))) {
        const wanted = cut(source, mark), from = all.indexOf(wanted);
        if (from < 0 || all.indexOf(wanted, from + 1) >= 0) continue;
        (by[tint(part, mark.label)] ||= []).push(rangeOf(nodes, from, from + wanted.length));
      }
    }
    CSS.highlights.clear();
    for (const [name, ranges] of Object.entries(by)) CSS.highlights.set(`rate-${name}`, new Highlight(...ranges));
  }
  function rangeOf(nodes, from, to) {
    const spot = (at) => { const [begin, node] = nodes.filter(([start]) => start <= at).at(-1); return [node, at - begin]; };
    const range = new Range();
    range.setStart(...spot(from));
    const [node, offset] = spot(to - 1);
    range.setEnd(node, offset + 1);
    return range;
  }

  function toggle(part, on) {
    const source = part.querySelector(".source"), area = sourceOf(part);
    source.hidden = !on;
    part.querySelector(".text").hidden = on;
    part.querySelector(".toggle").setAttribute("aria-expanded", String(on));
    part.querySelector(".toggle").textContent = on ? "rendered text" : "source text";
    if (on) { area.style.height = "auto"; area.style.height = `${Math.min(area.scrollHeight + 4, 600)}px`; }
  }

  for (const part of form.querySelectorAll(".answer")) {
    part.querySelector(".marking").hidden = false;
    // Read-only fields have no caret to select with by keyboard: this one only refuses changes.
    const area = sourceOf(part);
    area.readOnly = false;
    area.setAttribute("aria-readonly", "true");
    area.addEventListener("beforeinput", (event) => event.preventDefault());
    for (const button of part.querySelectorAll("button.label")) {
      // Pressing a button would drop what is selected.
      button.addEventListener("mousedown", (event) => event.preventDefault());
      button.addEventListener("click", () => add(part, button.dataset.label));
    }
    part.querySelector(".toggle").addEventListener("click", () => toggle(part, part.querySelector(".source").hidden));
  }
  document.addEventListener("rate-source", () => {
    const parts = [...form.querySelectorAll(".answer")];
    const on = parts[0].querySelector(".source").hidden;
    parts.forEach((part) => toggle(part, on));
    if (on) sourceOf(parts[0]).focus();
  });
  show();
})();
