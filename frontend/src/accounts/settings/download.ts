import { problemFromFailure, problemFromResponse } from '#shared/api/problems';

export interface Downloaded {
  readonly file: Blob;
  readonly name: string;
}

/** Reads a file to its end. onProgress: bytes so far; how many there will be nobody knows. Throws a `Problem`. */
export async function download(
  path: string,
  onProgress: (bytes: number) => void,
  signal: AbortSignal,
): Promise<Downloaded> {
  let response: Response;
  try {
    response = await fetch(path, { credentials: 'same-origin', signal });
  } catch (failure) {
    throw problemFromFailure(failure);
  }
  if (!response.ok) throw await problemFromResponse(response);
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  try {
    const reader = response.body?.getReader();
    for (let read = await reader?.read(); read?.done === false; read = await reader?.read()) {
      parts.push(read.value);
      bytes += read.value.length;
      onProgress(bytes);
    }
  } catch (failure) {
    throw problemFromFailure(failure);
  }
  const type = response.headers.get('content-type') ?? 'application/octet-stream';
  return { file: new Blob(parts, { type }), name: nameIn(response.headers.get('content-disposition')) };
}

/** `filename` of a Content-Disposition (RFC 6266 section 4.1), as our server writes it. */
function nameIn(disposition: string | null): string {
  return /filename="([^"/\\]+)"/.exec(disposition ?? '')?.[1] ?? 'livehouse.zip';
}

/** Hands a file to the browser's downloads. */
export function save({ file, name }: Downloaded): void {
  const url = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // Not at once: the browser has only been told to begin.
  setTimeout(() => {
    URL.revokeObjectURL(url);
  }, 60_000);
}
