/* Shows the copy buttons, copies what they carry, and says so to everyone. Without it the text can be selected. */
(() => {
  const said = document.getElementById("said");
  for (const button of document.querySelectorAll("[data-copy]")) {
    const label = button.firstChild;
    const before = label.data;
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(button.dataset.copy);
      } catch {
        getSelection().selectAllChildren(button.closest(".copy").querySelector(".value"));
        return;
      }
      label.data = "✓ " + before;
      if (said) said.textContent = button.dataset.copied;
      setTimeout(() => { label.data = before; }, 3000);
    });
  }
})();
