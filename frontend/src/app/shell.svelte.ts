import { remember, remembered } from '#shared/remembered';

export const narrowestChatPx = 280;
export const widestChatPx = 560;
const usualChatPx = 340;

function clampChat(px: number): number {
  return Number.isFinite(px)
    ? Math.min(widestChatPx, Math.max(narrowestChatPx, Math.round(px)))
    : usualChatPx;
}

/** What is around the pages, and how the person likes it. */
class Shell {
  #isTheatre = $state(false);
  #isRailOpen = $state(remembered('rail') !== 'narrow');
  #isChatOpen = $state(true);
  #chatPx = $state(clampChat(Number(remembered('chat-width') ?? usualChatPx)));

  get isTheatre(): boolean {
    return this.#isTheatre;
  }

  get isRailOpen(): boolean {
    return this.#isRailOpen;
  }

  get isChatOpen(): boolean {
    return this.#isChatOpen;
  }

  get chatPx(): number {
    return this.#chatPx;
  }

  setTheatre(isTheatre: boolean): void {
    this.#isTheatre = isTheatre;
  }

  toggleRail(): void {
    this.#isRailOpen = !this.#isRailOpen;
    remember('rail', this.#isRailOpen ? 'wide' : 'narrow');
  }

  setChatOpen(isOpen: boolean): void {
    this.#isChatOpen = isOpen;
  }

  resizeChat(px: number): void {
    this.#chatPx = clampChat(px);
    remember('chat-width', String(this.#chatPx));
  }
}

export const shell = new Shell();
