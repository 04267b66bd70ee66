// The text of the label page: kept with its sample, counted as the server counts, sent by Ctrl and Enter.
const drafts = new Map();

class Writing extends HTMLElement {
  connectedCallback() {
    this.field = this.querySelector("textarea");
    const id = document.getElementById("sample").dataset.assignment;
    this.field.value = drafts.get(id) ?? "";
    this.field.addEventListener("input", () => {
      drafts.set(id, this.field.value);
      this.sure = false;
      this.count();
      labeling.worked();
    });
    this.addEventListener("keydown", (event) => this.key(event));
    this.querySelector("[data-send]").addEventListener("click", () => this.send());
    this.count();
    if (document.activeElement === document.body) this.field.focus({ preventScroll: true });
  }

  key(event) {
    if (event.isComposing || event.repeat) return;
    if (event.key === "Escape") this.field.blur(); // so that S, U and ? are keys again
    else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.send();
    else return;
    event.preventDefault();
  }

  // Characters as the server counts them: a surrogate pair is one.
  count() {
    const most = Number(this.dataset.most), length = [...this.field.value].length;
    const count = this.querySelector(".count");
    count.textContent = `${length.toLocaleString("en")} of ${most.toLocaleString("en")} characters`;
    count.classList.toggle("over", length > most);
    this.tell("");
  }

  tell(said) {
    this.querySelector(".says").textContent = said;
  }

  send() {
    if (!this.field.value.trim() && "empty" in this.dataset && !this.sure) {
      this.sure = true;
      return this.tell("Nothing is written. Send once more if there is nothing to write.");
    }
    labeling.answer(this.field.value);
  }
}

customElements.define("assay-writing", Writing);
