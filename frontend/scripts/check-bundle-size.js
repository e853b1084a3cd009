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
const gzipped = (name) => gzipSync(readFileSync(join(page, 'assets', name))).length;
const total = (names) =>
  Math.round((names.map(gzipped).reduce((sum, size) => sum + size, 0) / 1024) * 10) / 10;

const scripts = assets.filter((name) => name.endsWith('.js'));
const sizes = {
  first_load_js_kib: total(scripts.filter((name) => index.includes(name))),
  all_js_kib: total(scripts),
  all_css_kib: total(assets.filter((name) => name.endsWith('.css'))),
};

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
