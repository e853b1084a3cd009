/** Widths the server keeps beside the full 300 pixels, in the names of their files. */
const smaller = [70, 150];

/** Sharp on screens with two pixels for one. A preview's own address (`blob:`) stays as it is. */
export function avatarSource(url: string, size: number): string {
  const fitting = smaller.find((width) => width >= size * 1.9);
  return fitting === undefined || !url.startsWith('/images/')
    ? url
    : url.replace(/\.webp$/, `-${fitting}.webp`);
}
