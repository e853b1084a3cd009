import NotFoundPage from './NotFoundPage.svelte';
import { routes } from './router';

/** Which page answers which path. Channel names that would hide a page are reserved by the server. */
export function layRoutes(): void {
  Object.assign(routes, {
    '/': () => import('./HomePage.svelte'),
    '/browse': () => import('./BrowsePage.svelte'),
    '/browse/categories': () => import('./BrowsePage.svelte'),
    '/category/:slug': () => import('./CategoryPage.svelte'),
    '/search': () => import('./SearchPage.svelte'),
    '/studio': () => import('./StudioPage.svelte'),
    '/studio/channel': () => import('./StudioChannelPage.svelte'),
    '/studio/channel/:section': () => import('./StudioChannelPage.svelte'),
    '/studio/community': () => import('./CommunityPage.svelte'),
    '/studio/community/:section': () => import('./CommunityPage.svelte'),
    '/sign-in': () => import('./SignInPage.svelte'),
    '/sign-up': () => import('./SignUpPage.svelte'),
    '/following': () => import('./FollowingPage.svelte'),
    '/subscriptions': () => import('./SubscriptionsPage.svelte'),
    '/settings': () => import('./SettingsPage.svelte'),
    '/settings/:section': () => import('./SettingsPage.svelte'),
    '/admin': () => import('./AdministrationPage.svelte'),
    '/admin/:section': () => import('./AdministrationPage.svelte'),
    '/confirm-mail': () => import('./ConfirmMailPage.svelte'),
    '/reset-password': () => import('./ResetPasswordPage.svelte'),
    '/:channel': () => import('./ChannelPage.svelte'),
    '/:channel/chat': () => import('./ChatPopOutPage.svelte'),
    '*notfound': NotFoundPage,
  });
}
