import type { Component } from 'svelte';

/** One of the parts of a page with a list of them at its side. */
export interface Section {
  readonly href: string;
  readonly label: string;
  readonly Icon: Component<{ size?: number }>;
}
