// Gives the search boxes of the admin's selects the name of their field, which Select2 leaves out.

function nameBoxes() {
  for (const shown of document.querySelectorAll(".select2-selection__rendered:not([aria-label])")) {
    const select = shown.closest(".select2")?.previousElementSibling;
    const label = select?.labels?.[0]?.textContent.replace("*", "").trim() || select?.getAttribute("aria-label");
    // The box around it takes its name from here.
    if (label) shown.setAttribute("aria-label", label);
  }
}

// Select2 builds its boxes when it likes: after loading, and whenever a row is added to a table.
addEventListener("load", () => {
  nameBoxes();
  new MutationObserver(nameBoxes).observe(document.body, { childList: true, subtree: true });
});
