const keptMs = 60_000;

/** Lets the browser save a file that was fetched. */
export function saveFile(file: Blob, name: string): void {
  const url = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  // The download has begun, but need not have read everything yet.
  setTimeout(() => URL.revokeObjectURL(url), keptMs);
}
