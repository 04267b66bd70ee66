// What adjudication adds to the label page: taking the answer of a labeler, by button or by Shift and its number.
(() => {
  document.addEventListener("click", (event) => {
    const take = event.target.closest("[data-take]");
    if (take) window.labeling.answer(JSON.parse(take.dataset.take));
    if (event.target.closest('[data-do="gold"]')) gold();
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing) return;
    if (event.target.closest("input, textarea, select") || document.querySelector("dialog[open]")) return;
    const number = event.shiftKey && /^Digit([1-9])$/.exec(event.code)?.[1];
    const take = number && document.querySelectorAll("[data-take]")[number - 1];
    if (take) take.click();
    else if (event.key.toLowerCase() === "g" && !chooses("g")) gold();
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);

  const chooses = (key) => document.querySelector(`[data-answer][aria-keyshortcuts="${key}"], [data-class][aria-keyshortcuts="${key}"]`);
  const gold = () => { if (document.querySelector('[data-do="gold"]')) emitEvent("act", { do: "gold" }); };
})();
