import { createRouter, type Routes } from 'sv-router';

/** Filled by `routes.ts`, so that a page may ask where it is without importing every other page. */
export const routes: Routes = {};

const router = createRouter(routes);

export const route: { readonly pathname: string; readonly params: Partial<Record<string, string>> } =
  router.route;

export function goTo(path: string): void {
  void router.navigate(path as '/');
}
