import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { svelteTesting } from '@testing-library/svelte/vite';
import { defineConfig } from 'vitest/config';

const node = process.env['LIVEHOUSE_URL'] ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [svelte(), svelteTesting({ autoCleanup: false })],
  resolve: {
    alias: [{ find: /^#shared\//, replacement: fileURLToPath(new URL('./src/shared/', import.meta.url)) }],
  },
  build: {
    outDir: '../src/livehouse/web/page',
    emptyOutDir: true,
    // light-dark(), oklch() and :has() as they are: browsers with AV1 over WebRTC all know them.
    target: ['chrome123', 'firefox121', 'safari17.5'],
    assetsInlineLimit: 0,
    // Those browsers know modulepreload too.
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 200,
  },
  server: {
    proxy: { '/api': node, '/images': node, '/whip': node, '/whep': node, '/docs': node, '/problems': node },
  },
  test: {
    environment: 'node',
    include: ['src/**/*.test.ts'],
    testTimeout: 5000,
    restoreMocks: true,
  },
});
