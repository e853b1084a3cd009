import { expect, it } from 'vitest';
import { avatarSource } from './avatar-source';

it.each([
  [32, '/images/5d41.webp', '/images/5d41-70.webp'],
  [56, '/images/5d41.webp', '/images/5d41-150.webp'],
  [96, '/images/5d41.webp', '/images/5d41.webp'],
  [32, 'blob:http://node/1', 'blob:http://node/1'],
])('takes for %d pixels of %s the file %s', (size, url, source) => {
  expect(avatarSource(url, size)).toBe(source);
});
