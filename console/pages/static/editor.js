// The guideline's editor: sends what the fields hold whenever they have rested, and keeps what was written from getting lost.
(() => {
  const RESTED = 350;
  const form = () => document.getElementById("guideline-form");
  let timer = null;
  let changed = false;

  const field = (part, name) => part.querySelector(`[data-field="${name}"]`)?.value ?? "";
  const part = (one) => ({
    name: field(one, "name"), text: field(one, "text"),
    examples: field(one, "examples"), counter_examples: field(one, "counter_examples"),
  });

  function draft() {
    return {
      base: Number(form().dataset.base),
      body: document.getElementById("body").value,
      classes: [...document.querySelectorAll(".defined")].map((one) => ({
        was: one.dataset.was ?? null, becomes: [...one.querySelectorAll(".becomes")].map(part),
      })),
      settles: [...document.querySelectorAll(".pair")].map((one) => [field(one, "one"), field(one, "other")]),
      reopens: document.getElementById("reopens").value,
    };
  }

  function send() {
    timer = null;
    name();
    emitEvent("draft", draft());
  }

  function later() {
    clearTimeout(timer);
    timer = setTimeout(send, RESTED);
  }

  // Pairs are chosen from the names that the classes have by now.
  function name() {
    const names = new Set([...document.querySelectorAll('.becomes [data-field="name"]')].map((one) => one.value.trim()));
    const list = document.getElementById("class-names");
    list?.replaceChildren(...[...names].filter(Boolean).map((one) => new Option(one, one)));
  }

  function add(template, to) {
    to.append(document.getElementById(template).content.cloneNode(true));
    to.lastElementChild.querySelector("input")?.focus();
  }

  const acts = {
    "add-class": () => add("new-class", document.getElementById("classes")),
    "add-pair": () => add("new-pair", document.getElementById("pairs")),
    split: (button) => add("new-part", button.closest(".defined").querySelector(".parts")),
    remove: (button) => button.closest(".pair, .defined").remove(),
    rebase: (button) => { form().dataset.base = button.dataset.base; button.closest(".overtaken").remove(); },
    publish: (button) => { button.disabled = true; emitEvent("publish", draft()); },
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-edit]");
    if (!button) return;
    acts[button.dataset.edit](button);
    if (button.dataset.edit === "publish") return;
    changed = true;
    later();
  });
  document.addEventListener("input", (event) => {
    if (!event.target.closest("#guideline-form")) return;
    changed = true;
    // What would be done is that of before until it is told anew, so it must not be published.
    for (const button of document.querySelectorAll('[data-edit="publish"]')) button.disabled = true;
    later();
  });
  document.addEventListener("submit", (event) => { if (event.target === form()) event.preventDefault(); });
  window.addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
  window.published = () => { changed = false; };

  // What a finding opened has a blank for what is to be decided: one begins to write there.
  function findBlank() {
    const body = document.getElementById("body");
    const blank = body.value.match(/\(Write here [^)]*\)/);
    if (!blank) return;
    body.focus();
    body.setSelectionRange(blank.index, blank.index + blank[0].length);
    body.scrollTop = body.scrollHeight;
  }

  // The connection is made after the page: the first draft is sent once it stands.
  const begin = setInterval(() => {
    if (!window.socket?.connected || !form()) return;
    clearInterval(begin);
    findBlank();
    send();
  }, 100);
})();
