// @vitest-environment jsdom
import { cleanup, render } from '@testing-library/svelte';
import { afterEach, expect, it } from 'vitest';
import ServerHtml from './ServerHtml.svelte';

afterEach(cleanup);

function links(html: string): HTMLAnchorElement[] {
  return [...render(ServerHtml, { props: { html } }).container.querySelectorAll('a')];
}

it('opens links to elsewhere apart, without telling where from', () => {
  const [link] = links('<p>My <a href="https://example.org/shop">shop</a></p>');
  expect(link!.target).toBe('_blank');
  expect(link!.rel.split(' ')).toEqual(expect.arrayContaining(['noopener', 'noreferrer']));
});

it('leaves links within this place in this page', () => {
  const [link] = links(`<a href="${location.origin}/ada">ada</a>`);
  expect(link!.target).toBe('');
});

it('does so again when the text changes', async () => {
  const { container, rerender } = render(ServerHtml, { props: { html: '<p>Nothing yet</p>' } });
  await rerender({ html: '<a href="https://example.org/">there</a>' });
  expect(container.querySelector('a')!.target).toBe('_blank');
});
