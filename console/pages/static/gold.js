// Makes a task gold, or retires it.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-gold]");
  if (button) emitEvent("gold", { do: button.dataset.gold, task: Number(button.dataset.task) });
});
