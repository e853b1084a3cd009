export const pictureTypes = ['image/png', 'image/jpeg', 'image/webp', 'image/avif', 'image/gif'];
const mostBytes = 10 * 1024 * 1024;

/** What the server would refuse at a glance; what a file really holds, it looks at itself. */
export function pictureProblem(file: { readonly type: string; readonly size: number }): string | null {
  if (!pictureTypes.includes(file.type))
    return 'This is no picture we take. Choose a JPEG, PNG, WebP, AVIF or GIF.';
  return file.size > mostBytes ? 'A picture has at most 10 MB. Choose a smaller one.' : null;
}
