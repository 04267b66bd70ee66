// Keys and buttons of the label page. Each step names the sample that was on the screen when the key went down, so that
// the server can refuse what was meant for another; while a step is under way, further ones for that sample are dropped.
(() => {
  let pending = null;
  let zoom = 1;
  let held = Date.now(); // when the lease of what is shown began
  const sample = () => document.getElementById("sample");
  const current = () => sample()?.dataset.assignment ?? null;
  const send = (step) => emitEvent("act", { ...step, assignment: current() });

  // Called by the server after each step, also after one that it refused: the sample may be answered again.
  window.acted = () => {
    pending = null;
    held = Date.now();
    for (const button of document.querySelectorAll(".classes:not([data-confirm]) [data-answer]"))
      button.removeAttribute("aria-pressed");
  };

  function answer(value) {
    const shown = current();
    if (!shown || pending === shown) return;
    pending = shown;
    for (const button of document.querySelectorAll("[data-answer]"))
      button.setAttribute("aria-pressed", String([value].flat().includes(button.dataset.answer)));
    send({ do: "answer", value });
    setTimeout(() => { if (pending === shown) pending = null; }, 5000); // where the connection was lost meanwhile
  }

  // Called at every stroke of what takes longer than a key: whoever works keeps the lease, for which a third of it may pass.
  function worked() {
    if (Date.now() - held < (Number(sample()?.dataset.lease) * 1000) / 3) return;
    held = Date.now();
    send({ do: "hold" });
  }

  window.labeling = { answer, worked };

  function choose(button) {
    const confirm = button.closest("[data-confirm]");
    if (!confirm) return answer(button.dataset.answer);
    if (confirm.dataset.many !== undefined) {
      button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
      return button.focus();
    }
    for (const other of confirm.querySelectorAll("[data-answer]"))
      other.setAttribute("aria-pressed", String(other === button));
    button.focus();
  }

  function skip(reason) {
    document.getElementById("skip").close();
    if (reason.trim()) send({ do: "skip", value: reason.trim() });
  }

  function act(name) {
    if (name === "undo") { pending = null; send({ do: "undo" }); }
    if (name === "skip" && current()) document.getElementById("skip").showModal();
    if (name === "help") document.getElementById("help").showModal();
  }

  function enlarge(factor) {
    zoom = Math.min(8, Math.max(0.5, zoom * factor));
    sample()?.parentElement.style.setProperty("--zoom", zoom);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.answer !== undefined) choose(button);
    else if (button.dataset.do) act(button.dataset.do);
    else if (button.dataset.reason !== undefined) skip(button.value);
  });

  document.addEventListener("submit", (event) => {
    const input = event.target.querySelector("#other-reason");
    if (!input) return;
    event.preventDefault();
    const reason = input.value;
    input.value = "";
    skip(reason);
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing) return;
    if (event.target.closest("input, textarea, select")) return;
    const key = event.key.toLowerCase();
    const open = document.querySelector("dialog[open]");
    if (open) {
      if (open.id === "skip" && /^[1-9]$/.test(key)) open.querySelectorAll("[data-reason]")[key - 1]?.click();
      if (open.id === "help" && key === "?") open.close();
      return;
    }
    const classes = [...document.querySelectorAll("[data-answer]")];
    const chosen = classes.find((button) => button.getAttribute("aria-keyshortcuts") === key);
    const pressed = classes.filter((button) => button.getAttribute("aria-pressed") === "true");
    const group = classes[0]?.closest("[data-confirm]");
    const many = group?.dataset.many !== undefined;
    if (chosen) choose(chosen);
    else if (key === "enter" && event.target.closest("a, button:not([data-answer])")) return;
    else if (key === "enter" && group && many) answer(pressed.map((button) => button.dataset.answer));
    else if (key === "enter" && group && pressed.length) answer(pressed[0].dataset.answer);
    else if (key === "s") act("skip");
    else if (key === "u") act("undo");
    else if (key === "?") act("help");
    else if (key === "+") enlarge(1.25);
    else if (key === "-") enlarge(0.8);
    else return;
    event.preventDefault();
  });
})();
