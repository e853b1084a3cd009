import { Problem } from './api/problems';

export const pictureTypes = ['image/png', 'image/jpeg', 'image/webp', 'image/avif', 'image/gif'];
const mostBytes = 10 * 1024 * 1024;

/** What the server would refuse at a glance; what a file really holds, it looks at itself. */
export function pictureProblem(file: { readonly type: string; readonly size: number }): string | null {
  // Without a type the browser does not know the name's ending; the server looks at the bytes.
  if (file.type !== '' && !pictureTypes.includes(file.type))
    return 'This is no picture we take. Choose a JPEG, PNG, WebP, AVIF or GIF.';
  return file.size > mostBytes ? 'A picture has at most 10 MB. Choose a smaller one.' : null;
}

/** What of a request sends the file as it is. Throws a `Problem` for one that would be refused anyway. */
export function pictureUpload(file: File) {
  const sentence = pictureProblem(file);
  if (sentence !== null) throw new Problem(sentence, { slug: 'no-picture', status: 0 });
  return {
    // The document calls a file a string; what is sent are its bytes.
    body: file as unknown as string,
    bodySerializer: () => file,
    headers: { 'Content-Type': file.type || 'application/octet-stream' },
  };
}
