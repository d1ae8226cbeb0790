// A photo tile: shrinks the picture before it is sent and shows it in the tile.
// If anything fails the file stays as it was, and the server shrinks it.
const SIZE = { longest: 1600, quality: 0.72 };

export function mount(tile, settled) {
  const input = tile.querySelector("input[type='file']");
  const previewed = { url: "" };

  input.addEventListener("change", chosen);
  // On a slow network a picture is there before this script is.
  chosen();

  async function chosen() {
    const original = input.files[0];
    if (!original) return;
    const file = await shrink(original);
    if (input.files[0] !== original) return; // Another picture was chosen meanwhile.
    if (file !== original) replace(input, file);
    preview(tile, file, previewed);
    await settled;
    tile.dispatchEvent(new CustomEvent("photo:ready", { bubbles: true, detail: { size: file.size } }));
  }
}

export async function shrink(file, { longest, quality } = SIZE) {
  try {
    const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, longest / Math.max(bitmap.width, bitmap.height));
    const width = Math.round(bitmap.width * scale);
    const height = Math.round(bitmap.height * scale);
    const canvas = new OffscreenCanvas(width, height);
    canvas.getContext("2d").drawImage(bitmap, 0, 0, width, height);
    bitmap.close();
    const blob = await canvas.convertToBlob({ type: "image/jpeg", quality });
    if (blob.size >= file.size) return file;
    const name = file.name.replace(/\.\w+$/, "") || "photo";
    return new File([blob], `${name}.jpg`, { type: "image/jpeg", lastModified: file.lastModified });
  } catch {
    return file;
  }
}

export function replace(input, file) {
  const transfer = new DataTransfer();
  transfer.items.add(file);
  input.files = transfer.files;
}

function preview(tile, file, previewed) {
  const image = tile.querySelector("img") ?? document.createElement("img");
  if (previewed.url) URL.revokeObjectURL(previewed.url);
  previewed.url = URL.createObjectURL(file);
  image.className = "photo-preview";
  image.alt = "";
  image.src = previewed.url;
  if (!image.isConnected) tile.prepend(image);
  tile.classList.add("photo-full");
  tile.querySelector(".photo-text")?.classList.add("photo-name");
}
