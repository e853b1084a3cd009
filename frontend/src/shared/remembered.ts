/** Small choices kept in the browser. Storage may be off or full: then they last as long as the page. */
export function remembered(name: string): string | null {
  try {
    return localStorage.getItem(`livehouse.${name}`);
  } catch {
    return null;
  }
}

export function remember(name: string, value: string): void {
  try {
    localStorage.setItem(`livehouse.${name}`, value);
  } catch {
    // See above.
  }
}
