// Opens a <dialog> in place of following the link, which leads to the same question as a page.
export function mount(opener) {
  const dialog = document.getElementById(opener.dataset.dialogOpen);
  if (!dialog?.showModal) return;
  opener.setAttribute("aria-haspopup", "dialog");
  opener.addEventListener("click", (event) => {
    event.preventDefault();
    dialog.showModal();
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close(); // The backdrop counts as the dialog itself.
  });
}
