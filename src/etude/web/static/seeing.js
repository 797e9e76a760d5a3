"use strict";
// Episodes by keyboard: j and k go from turn to turn, n and p from episode to episode.
(() => {
  const turns = [...document.querySelectorAll(".turn")];
  let at = -1;
  const go = (place) => {
    if (!turns.length) return;
    at = Math.max(0, Math.min(turns.length - 1, place));
    turns[at].focus({ preventScroll: true });
    turns[at].scrollIntoView({ block: "start" });
  };
  document.addEventListener("focusin", (event) => {
    const here = turns.indexOf(event.target.closest(".turn"));
    if (here >= 0) at = here;
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    const link = document.querySelector(`a[data-key="${CSS.escape(event.key)}"]`);
    if (link) link.click();
    else if (event.key === "j") go(at + 1);
    else if (event.key === "k") go(at - 1);
    else if (event.key === "o" && at >= 0) {
      const folds = [...turns[at].querySelectorAll(".seen details")];
      const open = folds.some((fold) => !fold.open);
      for (const fold of folds) fold.open = open;
    } else if (event.key === "d") document.getElementById("patch")?.scrollIntoView({ block: "start" });
    else return;
    event.preventDefault();
  });
})();
