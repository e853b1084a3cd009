const typingMs = 250;

/**
 * Within a component: asks at once, and again a moment after what `wish` reads has changed last. `wish` says
 * what to ask for and keeps it, so that the next part of a list is asked for with the same.
 */
export function searchAgain(wish: () => void, ask: () => Promise<void>): void {
  let isFirst = true;
  $effect(() => {
    wish();
    const wait = setTimeout(() => void ask(), isFirst ? 0 : typingMs);
    isFirst = false;
    return () => {
      clearTimeout(wait);
    };
  });
}
