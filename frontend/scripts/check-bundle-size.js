// The size budget of the page: raised in the change that needs it, with its reason in that change.
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const here = dirname(fileURLToPath(import.meta.url));
const page = join(here, '../../src/livehouse/web/page');
const budget = JSON.parse(readFileSync(join(here, '../bundle-budget.json'), 'utf8'));

const assets = readdirSync(join(page, 'assets'));
const index = readFileSync(join(page, 'index.html'), 'utf8');
const read = (name) => readFileSync(join(page, 'assets', name));
const gzipped = (name) => gzipSync(read(name)).length;
const total = (names) =>
  Math.round((names.map(gzipped).reduce((sum, size) => sum + size, 0) / 1024) * 10) / 10;

/** What these scripts need before they run: they and all they import, not what they import later. */
function withImports(names) {
  const found = new Set();
  const waiting = [...names];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (found.has(name)) continue;
    found.add(name);
    const imported = read(name)
      .toString()
      .matchAll(/(?:from|import)\s*["']\.\/([^"']+\.js)["']/g);
    waiting.push(...[...imported].map(([, other]) => other));
  }
  return [...found];
}

const scripts = assets.filter((name) => name.endsWith('.js'));
const first = withImports(scripts.filter((name) => index.includes(name)));
const pages = new Map(
  scripts
    .filter((name) => /^\w+Page-/.test(name) && !name.startsWith('Sectioned'))
    .map((name) => [name.split('-')[0], total(withImports([...first, name]))]),
);
const sizes = {
  first_load_js_kib: total(first),
  channel_page_js_kib: pages.get('ChannelPage'),
  all_js_kib: total(scripts),
  all_css_kib: total(assets.filter((name) => name.endsWith('.css'))),
};

console.log(`first load by page, KiB: ${[...pages].map(([name, size]) => `${name} ${size}`).join(', ')}`);
let isWithin = true;
for (const [name, limit] of Object.entries(budget.gzipped)) {
  const size = sizes[name];
  const isOver = size === undefined || size > limit;
  isWithin &&= !isOver;
  console.log(`${isOver ? 'OVER' : 'ok  '} ${name}: ${size} of ${limit}`);
}
if (!isWithin) {
  console.error('The page outgrew bundle-budget.json. Make it smaller, or raise the budget and say why.');
  process.exit(1);
}
