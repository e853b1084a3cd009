import { createRouter, searchParams, type Routes } from 'sv-router';

/** Filled by `routes.ts`, so that a page may ask where it is without importing every other page. */
export const routes: Routes = {};

const router = createRouter(routes);

export const route: { readonly pathname: string; readonly params: Partial<Record<string, string>> } =
  router.route;

/** What stands behind `?name=` in the address, as it stands there; empty when nothing does. */
export function queryOf(name: string): string {
  return searchParams.toURLSearchParams().get(name) ?? '';
}

interface Going {
  /** Empty values are left out of the address. */
  readonly query?: Readonly<Record<string, string>>;
  /** The page left is not come back to: it only led here. */
  readonly replaces?: boolean;
}

export function goTo(path: string, { query = {}, replaces = false }: Going = {}): void {
  const search = Object.fromEntries(Object.entries(query).filter(([, value]) => value !== ''));
  void router.navigate(path as '/', { search, replace: replaces });
}
