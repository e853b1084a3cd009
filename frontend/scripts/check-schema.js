// src/shared/api/schema.d.ts must be what openapi.json generates: `npm run schema` writes it.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'livehouse-schema-'));
try {
  const fresh = join(folder, 'schema.d.ts');
  execFileSync('npx', ['--no-install', 'openapi-typescript', 'openapi.json', '-o', fresh], { stdio: 'pipe' });
  if (readFileSync(fresh, 'utf8') !== readFileSync('src/shared/api/schema.d.ts', 'utf8')) {
    console.error('src/shared/api/schema.d.ts is not what openapi.json says. Run `npm run schema`.');
    process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true });
}
